"""The Open Inference Protocol's infer route on FastAPI and ONNX Runtime, as fast as we know how to write it.

The body is read by orjson and not by Pydantic, the answer is written by orjson, ONNX Runtime computes on the one thread that asks (a row
takes it some microseconds, and a second thread would only wait), and what is not needed to answer is switched off. THREADS=1 asks it in
FastAPI's own pool of threads instead, PYDANTIC=1 lets FastAPI validate, as most servers do that are written with it.
"""

import os

import numpy as np
import onnxruntime
import orjson
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
options.add_session_config_entry("session.intra_op.allow_spinning", "0")
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
OUTPUTS = [output.name for output in session.get_outputs()]
DATATYPES = {"float32": "FP32", "int64": "INT64"}

app = FastAPI(openapi_url=None)


def infer(document):
    feeds = {each["name"]: np.array(each["data"], dtype=np.float32).reshape(each["shape"]) for each in document["inputs"]}
    outputs = [
        {"name": name, "datatype": DATATYPES[str(value.dtype)], "shape": value.shape, "data": value.ravel()}
        for name, value in zip(OUTPUTS, session.run(OUTPUTS, feeds))
    ]
    answer = {"model_name": "model", "model_version": "1", "outputs": outputs}
    return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


@app.get("/ready")
async def ready():
    return {"ready": True}


if os.environ.get("PYDANTIC"):

    class Tensor(BaseModel):
        name: str
        shape: list[int]
        datatype: str
        data: list[float]

    class Question(BaseModel):
        inputs: list[Tensor]

    @app.post("/v2/models/model/infer")
    async def validated(question: Question):
        return infer(question.model_dump())

elif os.environ.get("THREADS"):
    from starlette.concurrency import run_in_threadpool

    @app.post("/v2/models/model/infer")
    async def threaded(request: Request):
        return await run_in_threadpool(infer, orjson.loads(await request.body()))

else:

    @app.post("/v2/models/model/infer")
    async def direct(request: Request):
        return infer(orjson.loads(await request.body()))
