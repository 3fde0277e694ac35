"""tritonclient.grpc and its asynchronous sister, which read raw contents and nothing else."""

import asyncio
import os
import queue

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

PLACE = os.environ["MLAB_PREDICTOR_GRPC"]


@pytest.fixture
def client():
    with triton.InferenceServerClient(PLACE) as client:
        yield client


def tensor(name, values, datatype, module=triton):
    given = module.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values)
    return given


def rows_of(iris, count=5, module=triton):
    return tensor("X", iris.rows[:count], "FP32", module)


def test_server_and_model(client, iris):
    assert client.is_server_live() and client.is_server_ready()
    assert client.get_server_metadata().name == "mlab"
    assert client.is_model_ready("iris") and client.is_model_ready("iris", "2") and client.is_model_ready("iris", "challenger")
    assert not client.is_model_ready("iris", "9") and not client.is_model_ready("nobody")
    metadata = client.get_model_metadata("iris", "champion", as_json=True)
    assert metadata["inputs"] == [{"name": "X", "datatype": "FP32", "shape": ["-1", "4"]}]
    config = client.get_model_config("iris").config
    assert (config.name, config.input[0].name, config.input[0].data_type) == ("iris", "X", 11)


def test_infer(client, iris):
    result = client.infer("iris", [rows_of(iris, 150)], request_id="g-1", client_timeout=20, headers={"x-user": "somebody"})
    assert (result.get_response().id, result.get_response().model_version) == ("g-1", "1")
    np.testing.assert_array_equal(result.as_numpy("label"), iris.champion.predict(iris.rows))
    np.testing.assert_allclose(result.as_numpy("probabilities"), iris.champion.predict_proba(iris.rows), atol=1e-5)
    chosen = client.infer("iris", [rows_of(iris)], outputs=[triton.InferRequestedOutput("label")], model_version="champion")
    assert [output.name for output in chosen.get_response().outputs] == ["label"]
    classes = triton.InferRequestedOutput("probabilities", class_count=2)
    best = client.infer("iris", [rows_of(iris)], outputs=[classes]).as_numpy("probabilities")
    assert best.shape == (5, 2) and best[0][0].split(b":")[1] == b"0"


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compression(client, iris, algorithm):
    result = client.infer("iris", [rows_of(iris, 150)], compression_algorithm=algorithm)
    np.testing.assert_array_equal(result.as_numpy("label"), iris.champion.predict(iris.rows))


def test_texts_in_and_out(client):
    texts = np.array(["hi", "€", ""], dtype=object)
    result = client.infer("demo", [tensor("input", texts, "BYTES")])
    assert list(result.as_numpy("input_length")) == [2, 1, 0]
    assert set(result.as_numpy("class")) <= {b"cat", b"dog", b"bird", b"fish", b"rabbit"}


def test_callbacks(client, iris):
    answers = queue.Queue()
    for number in range(8):
        client.async_infer("iris", [rows_of(iris)], request_id=str(number), callback=lambda result, error: answers.put((result, error)))
    ids = set()
    for _ in range(8):
        result, error = answers.get(timeout=20)
        assert error is None
        ids.add(result.get_response().id)
    assert ids == {str(number) for number in range(8)}


def test_stream(client, iris):
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for number in range(3):
        client.async_stream_infer("iris", [rows_of(iris)], request_id=str(number))
    client.async_stream_infer("nobody", [rows_of(iris)])
    client.async_stream_infer("iris", [rows_of(iris)], request_id="last", enable_empty_final_response=True)
    for number in range(3):
        result, error = answers.get(timeout=20)
        assert error is None and result.get_response().id == str(number)
    _, error = answers.get(timeout=20)
    assert "nobody" in str(error)
    result, error = answers.get(timeout=20)
    assert error is None and result.get_response().parameters["triton_final_response"].bool_param
    client.stop_stream()


def test_repository_and_statistics(client, iris):
    client.load_model("iris")
    index = client.get_model_repository_index(as_json=True)["models"]
    assert {"name": "iris", "version": "1", "state": "READY"} in index
    client.infer("iris", [rows_of(iris)], model_version="1")
    [stats] = client.get_inference_statistics("iris", "1").model_stats
    assert stats.inference_count >= 5 and stats.inference_stats.success.ns > 0
    client.unload_model("iris")
    assert not any(one["name"] == "iris" and one["state"] == "READY" for one in client.get_model_repository_index(as_json=True)["models"])
    # The next question loads it again.
    assert client.infer("iris", [rows_of(iris)]).get_response().model_version == "1"
    for work in (client.load_model, client.unload_model):
        with pytest.raises(InferenceServerException, match="nobody"):
            work("nobody")


def test_errors(client, iris):
    for work, status, words in [
        (lambda: client.infer("nobody", [rows_of(iris)]), "NOT_FOUND", "nobody"),
        (lambda: client.infer("iris", [tensor("X", iris.rows[:5].astype(np.float64), "FP64")]), "INVALID_ARGUMENT", "X of iris is of datatype FP32"),
        (lambda: client.infer("iris", [tensor("Y", iris.rows[:5], "FP32")]), "INVALID_ARGUMENT", "Y is no input of iris"),
        (lambda: client.infer("iris", [tensor("X", iris.rows[:5, :3].copy(), "FP32")]), "INVALID_ARGUMENT", "X of iris has the shape"),
    ]:
        with pytest.raises(InferenceServerException, match=words) as refused:
            work()
        assert status in refused.value.status()


def test_typed_contents_are_answered_typed(iris):
    with grpc.insecure_channel(PLACE) as channel:
        request = service_pb2.ModelInferRequest(model_name="iris", model_version="1")
        given = request.inputs.add(name="X", datatype="FP32", shape=[5, 4])
        given.contents.fp32_contents.extend(iris.rows[:5].flatten().tolist())
        answer = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=20)
    assert list(answer.raw_output_contents) == []
    probabilities = next(output for output in answer.outputs if output.name == "probabilities")
    found = np.array(probabilities.contents.fp32_contents).reshape(5, 3)
    np.testing.assert_allclose(found, iris.champion.predict_proba(iris.rows[:5]), atol=1e-5)


def test_asynchronous(iris):
    async def requests():
        for number in range(3):
            yield {"model_name": "iris", "inputs": [rows_of(iris, module=triton_aio)], "request_id": str(number)}

    async def ask():
        async with triton_aio.InferenceServerClient(PLACE) as client:
            assert await client.is_server_live() and await client.is_model_ready("iris")
            results = await asyncio.gather(*(client.infer("iris", [rows_of(iris, 150, triton_aio)]) for _ in range(16)))
            streamed = [(result.get_response().id, error) async for result, error in client.stream_infer(requests())]
            with pytest.raises(InferenceServerException, match="nobody"):
                await client.infer("nobody", [rows_of(iris, module=triton_aio)])
            return results, streamed

    results, streamed = asyncio.run(ask())
    for result in results:
        np.testing.assert_allclose(result.as_numpy("probabilities"), iris.champion.predict_proba(iris.rows), atol=1e-5)
    assert streamed == [("0", None), ("1", None), ("2", None)]
