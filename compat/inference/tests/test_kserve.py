"""KServe's InferenceRESTClient with its second protocol."""

import asyncio

import httpx
import numpy as np
import pytest
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def asked(work):
    """KServe's client is asynchronous and made for each question, as its users do it."""

    async def ask():
        async with InferenceRESTClient(RESTConfig(protocol="v2", retries=1, timeout=30)) as client:
            return await work(client)

    return asyncio.run(ask())


def rows_of(iris, binary):
    given = InferInput("X", [5, 4], "FP32")
    given.set_data_from_numpy(iris.rows[:5], binary_data=binary)
    return given


def test_health(url, iris):
    assert asked(lambda client: client.is_server_live(url)) is True
    assert asked(lambda client: client.is_server_ready(url)) is True
    assert asked(lambda client: client.is_model_ready(url, "iris")) is True
    assert asked(lambda client: client.is_model_ready(url, "nobody")) is False


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_infer(url, iris, sent, answered):
    outputs = [RequestedOutput("label", {"binary_data": answered}), RequestedOutput("probabilities", {"binary_data": answered})]
    request = InferRequest("iris", [rows_of(iris, sent)], request_id="k-1", request_outputs=outputs)
    response = asked(lambda client: client.infer(url, request, model_name="iris"))
    # Its from_bytes reads no model_version.
    assert (response.model_name, response.id) == ("iris", "k-1")
    label, probabilities = response.outputs
    np.testing.assert_array_equal(label.as_numpy(), iris.champion.predict(iris.rows[:5]))
    np.testing.assert_allclose(probabilities.as_numpy(), iris.champion.predict_proba(iris.rows[:5]), atol=1e-5)


def test_a_plain_dict(url):
    request = {"inputs": [{"name": "input", "shape": [2], "datatype": "BYTES", "data": ["hi", "€"]}]}
    response = asked(lambda client: client.infer(url, request, model_name="demo"))
    assert response.model_name == "demo"
    assert list(response.get_output_by_name("input_length").as_numpy()) == [2, 1]


def test_errors(url, iris):
    wrong = InferInput("X", [5, 4], "FP64")
    wrong.set_data_from_numpy(iris.rows[:5].astype(np.float64), binary_data=False)
    with pytest.raises(httpx.HTTPStatusError, match="X of iris is of datatype FP32, and came as FP64"):
        asked(lambda client: client.infer(url, InferRequest("iris", [wrong]), model_name="iris"))
    with pytest.raises(httpx.HTTPStatusError, match="nobody"):
        asked(lambda client: client.infer(url, InferRequest("nobody", [rows_of(iris, True)]), model_name="nobody"))
