"""KServe's InferenceGRPCClient, and gRPC's own health."""

import asyncio
import os

import grpc
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferInput, InferRequest

PLACE = os.environ["MLAB_PREDICTOR_GRPC"]


def asked(work):
    async def ask():
        async with InferenceGRPCClient(PLACE) as client:
            return await work(client)

    return asyncio.run(ask())


def rows_of(iris, binary):
    given = InferInput("X", [5, 4], "FP32")
    given.set_data_from_numpy(iris.rows[:5], binary_data=binary)
    return given


def test_health(iris):
    assert asked(lambda client: client.is_server_live()) is True
    assert asked(lambda client: client.is_server_ready()) is True
    assert asked(lambda client: client.is_model_ready("iris")) is True
    assert asked(lambda client: client.is_model_ready("nobody")) is False


@pytest.mark.parametrize("binary", [True, False])
def test_infer(iris, binary):
    response = asked(lambda client: client.infer(InferRequest("iris", [rows_of(iris, binary)], request_id="k-1")))
    assert (response.model_name, response.id) == ("iris", "k-1")
    label, probabilities = response.outputs
    np.testing.assert_array_equal(label.as_numpy(), iris.champion.predict(iris.rows[:5]))
    np.testing.assert_allclose(probabilities.as_numpy(), iris.champion.predict_proba(iris.rows[:5]), atol=1e-5)


def test_errors(iris):
    with pytest.raises(grpc.RpcError) as refused:
        asked(lambda client: client.infer(InferRequest("nobody", [rows_of(iris, True)])))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_of_grpc():
    """By its bytes, as probes ask: no name in, field 1 = SERVING out."""
    with grpc.insecure_channel(PLACE) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes, response_deserializer=bytes)
        assert check(b"", timeout=20) == b"\x08\x01"
