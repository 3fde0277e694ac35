"""tritonclient.http.aio."""

import asyncio

import numpy as np
import pytest
import tritonclient.http.aio as triton
from tritonclient.utils import InferenceServerException


def test_everything(url, iris):
    async def ask():
        async with triton.InferenceServerClient(url.removeprefix("http://")) as client:
            assert await client.is_server_live()
            assert await client.is_server_ready()
            assert await client.is_model_ready("iris")
            assert (await client.get_server_metadata())["name"] == "mlab"
            assert (await client.get_model_metadata("iris"))["name"] == "iris"
            assert (await client.get_model_config("iris"))["name"] == "iris"
            assert any(one["name"] == "iris" for one in await client.get_model_repository_index())
            given = triton.InferInput("X", [150, 4], "FP32")
            given.set_data_from_numpy(iris.rows)
            results = await asyncio.gather(*(client.infer("iris", [given], request_compression_algorithm="gzip") for _ in range(8)))
            assert len((await client.get_inference_statistics("iris"))["model_stats"]) >= 1
            with pytest.raises(InferenceServerException, match="nobody"):
                await client.infer("nobody", [given])
            return results

    for result in asyncio.run(ask()):
        np.testing.assert_allclose(result.as_numpy("probabilities"), iris.champion.predict_proba(iris.rows), atol=1e-5)
