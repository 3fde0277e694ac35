"""The Open Inference Protocol's infer route as a deployment of Ray Serve, without FastAPI and without its access log."""

import os
import signal

import numpy as np
import onnxruntime
import orjson
import ray
from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.schema import LoggingConfig
from starlette.requests import Request
from starlette.responses import Response

DATATYPES = {"float32": "FP32", "int64": "INT64"}
quiet = LoggingConfig(log_level="WARNING", enable_access_log=False)


@serve.deployment(
    num_replicas=int(os.environ.get("REPLICAS", "1")),
    max_ongoing_requests=1000,
    ray_actor_options={"num_cpus": 0.1},
    logging_config=quiet,
)
class Model:
    def __init__(self, path: str):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]

    async def __call__(self, request: Request) -> Response:
        if request.method == "GET":
            return Response(b'{"ready":true}', media_type="application/json")
        document = orjson.loads(await request.body())
        feeds = {each["name"]: np.array(each["data"], dtype=np.float32).reshape(each["shape"]) for each in document["inputs"]}
        outputs = [
            {"name": name, "datatype": DATATYPES[str(value.dtype)], "shape": value.shape, "data": value.ravel()}
            for name, value in zip(self._outputs, self._session.run(self._outputs, feeds))
        ]
        answer = {"model_name": "model", "model_version": "1", "outputs": outputs}
        return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


ray.init(
    num_cpus=2,
    include_dashboard=False,
    log_to_driver=False,
    object_store_memory=100_000_000,
    _temp_dir=os.environ["RAY_FOLDER"],
    _node_ip_address="127.0.0.1",
)
serve.start(http_options=HTTPOptions(host="127.0.0.1", port=int(os.environ["PORT"])), logging_config=quiet)
serve.run(Model.bind(os.environ["MODEL"]), name="model", route_prefix="/")
signal.sigwait({signal.SIGTERM, signal.SIGINT})
serve.shutdown()
ray.shutdown()
