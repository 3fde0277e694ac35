"""MLServer has no runtime of its own for ONNX: this is the one that its documentation tells to write."""

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

DATATYPES = {"float32": "FP32", "int64": "INT64"}


class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self.settings.parameters.uri
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        # Its codecs do the same, and more of it.
        feeds = {each.name: np.array(each.data.root, dtype=np.float32).reshape(each.shape) for each in payload.inputs}
        outputs = [
            ResponseOutput(name=name, datatype=DATATYPES[str(value.dtype)], shape=list(value.shape), data=value.ravel().tolist())
            for name, value in zip(self._outputs, self._session.run(self._outputs, feeds))
        ]
        return InferenceResponse(model_name=self.name, model_version="1", outputs=outputs)
