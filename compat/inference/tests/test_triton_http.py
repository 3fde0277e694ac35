"""tritonclient.http, as its documentation shows it."""

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(url):
    with triton.InferenceServerClient(url.removeprefix("http://")) as client:
        yield client


def tensor(name, values, datatype, **options):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, **options)
    return given


def rows_of(iris, count=5, **options):
    return tensor("X", iris.rows[:count], "FP32", **options)


def test_server(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    metadata = client.get_server_metadata()
    assert metadata["name"] == "mlab"
    assert "binary_tensor_data" in metadata["extensions"]


def test_model(client, iris):
    assert client.is_model_ready("iris")
    assert client.is_model_ready("iris", "2")
    assert client.is_model_ready("iris", "challenger")
    assert not client.is_model_ready("iris", "9")
    assert not client.is_model_ready("nobody")
    metadata = client.get_model_metadata("iris", "champion")
    assert metadata["name"] == "iris"
    assert metadata["inputs"] == [{"name": "X", "datatype": "FP32", "shape": [-1, 4]}]
    assert [output["name"] for output in metadata["outputs"]] == ["label", "probabilities"]
    config = client.get_model_config("iris")
    assert config["max_batch_size"] == 0
    assert config["input"][0]["data_type"] == "TYPE_FP32"


def test_repository_and_statistics(client, iris):
    client.load_model("iris")
    index = client.get_model_repository_index()
    assert {"name": "iris", "version": "1", "state": "READY", "reason": ""} in index
    assert {"name": "demo", "version": "1", "state": "READY", "reason": ""} in index
    client.infer("iris", [rows_of(iris)], model_version="1")
    [stats] = client.get_inference_statistics("iris", "1")["model_stats"]
    assert stats["inference_count"] >= 5 and stats["execution_count"] >= 1
    assert stats["inference_stats"]["success"]["ns"] > 0
    client.unload_model("iris")
    states = [one["state"] for one in client.get_model_repository_index() if one["name"] == "iris"]
    assert states == ["UNAVAILABLE"]
    # The next question loads it again.
    assert client.infer("iris", [rows_of(iris)]).get_response()["model_version"] == "1"
    with pytest.raises(InferenceServerException, match="nobody"):
        client.load_model("nobody")
    with pytest.raises(InferenceServerException, match="nobody"):
        client.unload_model("nobody")


def test_binary_is_the_default(client, iris):
    result = client.infer("iris", [rows_of(iris, 150)], request_id="a-1")
    response = result.get_response()
    assert (response["model_name"], response["model_version"], response["id"]) == ("iris", "1", "a-1")
    assert all("binary_data_size" in output["parameters"] for output in response["outputs"])
    np.testing.assert_array_equal(result.as_numpy("label"), iris.champion.predict(iris.rows))
    np.testing.assert_allclose(result.as_numpy("probabilities"), iris.champion.predict_proba(iris.rows), atol=1e-5)


def test_an_alias_is_a_version(client, iris):
    result = client.infer("iris", [rows_of(iris, 150)], model_version="challenger")
    assert result.get_response()["model_version"] == "2"
    names = [label.decode() for label in result.as_numpy(result.get_response()["outputs"][0]["name"])]
    assert names == list(iris.challenger.predict(iris.rows))
    np.testing.assert_allclose(result.as_numpy(result.get_response()["outputs"][1]["name"]), iris.challenger.predict_proba(iris.rows), atol=1e-5)


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_json_and_binary(client, iris, sent, answered):
    outputs = [triton.InferRequestedOutput("probabilities", binary_data=answered), triton.InferRequestedOutput("label", binary_data=True)]
    result = client.infer("iris", [rows_of(iris, binary_data=sent)], outputs=outputs)
    assert [output["name"] for output in result.get_response()["outputs"]] == ["probabilities", "label"]
    assert ("data" in result.get_output("probabilities")) is not answered
    np.testing.assert_allclose(result.as_numpy("probabilities"), iris.champion.predict_proba(iris.rows[:5]), atol=1e-5)
    np.testing.assert_array_equal(result.as_numpy("label"), iris.champion.predict(iris.rows[:5]))


@pytest.mark.parametrize("request_algorithm", [None, "gzip", "deflate"])
@pytest.mark.parametrize("response_algorithm", [None, "gzip", "deflate"])
def test_compression(client, iris, request_algorithm, response_algorithm):
    rows = np.tile(iris.rows, (10, 1))
    result = client.infer(
        "iris",
        [tensor("X", rows, "FP32")],
        request_compression_algorithm=request_algorithm,
        response_compression_algorithm=response_algorithm,
    )
    np.testing.assert_allclose(result.as_numpy("probabilities"), iris.champion.predict_proba(rows), atol=1e-5)


def test_classification(client, iris):
    result = client.infer("iris", [rows_of(iris, 2)], outputs=[triton.InferRequestedOutput("probabilities", class_count=2)])
    classes = result.as_numpy("probabilities")
    assert classes.shape == (2, 2)
    value, index = classes[0][0].decode().split(":")[:2]
    expected = iris.champion.predict_proba(iris.rows[:1])[0]
    assert int(index) == expected.argmax() and abs(float(value) - expected.max()) < 1e-5


def test_texts(client):
    texts = np.array(["hi", "", "grüß 𝄞"], dtype=np.object_)
    for options in [{"binary_data": True}, {"binary_data": False}]:
        result = client.infer("demo", [tensor("input", texts, "BYTES", **options)])
        assert list(result.as_numpy("input_length")) == [2, 0, 6]
        assert set(result.as_numpy("class")) <= {b"cat", b"dog", b"bird", b"fish", b"rabbit"}
        assert result.as_numpy("confidence").dtype == np.float64


def test_many_at_once(client, iris):
    with triton.InferenceServerClient(client._client_stub.host + ":" + str(client._client_stub.port), concurrency=8) as many:
        waiting = [many.async_infer("iris", [rows_of(iris)], request_id=str(number)) for number in range(40)]
        assert [result.get_result().get_response()["id"] for result in waiting] == [str(number) for number in range(40)]


def test_parts_of_the_protocol(client, iris, url):
    import requests

    body, length = triton.InferenceServerClient.generate_request_body([rows_of(iris)])
    headers = {"Inference-Header-Content-Length": str(length)}
    answer = requests.post(f"{url}/v2/models/iris/infer", data=body, headers=headers, timeout=30)
    length = int(answer.headers["Inference-Header-Content-Length"])
    result = triton.InferenceServerClient.parse_response_body(answer.content, header_length=length)
    assert result.as_numpy("label").shape == (5,)


@pytest.mark.parametrize(
    "model, version, given, status, sentence",
    [
        ("nobody", "", ("X", (1, 4), np.float32, "FP32"), "404", "nobody"),
        ("iris", "9", ("X", (1, 4), np.float32, "FP32"), "404", "9"),
        ("iris", "nothing", ("X", (1, 4), np.float32, "FP32"), "404", "nothing"),
        ("iris", "", ("X", (1, 4), np.float64, "FP64"), "400", "X of iris is of datatype FP32, and came as FP64."),
        ("iris", "", ("X", (1, 5), np.float32, "FP32"), "400", "X of iris has the shape [-1,4], and came as [1,5]."),
        ("iris", "", ("X", (4,), np.float32, "FP32"), "400", "X of iris has the shape [-1,4], and came as [4]."),
        ("iris", "", ("x", (1, 4), np.float32, "FP32"), "400", "x is no input of iris, which asks for X."),
    ],
)
@pytest.mark.parametrize("binary", [True, False])
def test_errors(client, iris, model, version, given, status, sentence, binary):
    name, shape, dtype, datatype = given
    with pytest.raises(InferenceServerException) as raised:
        client.infer(model, [tensor(name, np.zeros(shape, dtype), datatype, binary_data=binary)], model_version=version)
    assert sentence in raised.value.message()
    assert raised.value.status() == status


def test_unknown_outputs(client, iris):
    with pytest.raises(InferenceServerException, match="scores is no output of iris, which gives label, probabilities"):
        client.infer("iris", [rows_of(iris)], outputs=[triton.InferRequestedOutput("scores")])
