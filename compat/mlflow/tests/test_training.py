"""What training makes, as MLflow's client finds it; and a script of a user as a trainer."""

import sys
import time

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from conftest import URI, unique
from mlflow import MlflowClient
from sklearn.datasets import load_iris

pytestmark = pytest.mark.beyond
TRAINING = f"{URI.removesuffix('/mlflow')}/training"


def ask(method, path, **options):
    answer = requests.request(method, f"{TRAINING}{path}", timeout=60, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def iris():
    table = load_iris(as_frame=True)
    frame = table.frame.rename(columns=lambda name: name.removesuffix(" (cm)").replace(" ", "_"))
    frame["species"] = table.target_names[table.target]
    return frame.drop(columns=["target"])


def upload(frame, name):
    return ask("POST", "/datasets/upload", params={"fileName": name}, data=frame.to_csv(index=False))["id"]


def train(**spec):
    job = ask("POST", "/jobs", json=spec)
    limit = time.monotonic() + 240
    while job["state"] in ("waiting", "running"):
        assert time.monotonic() < limit, job
        time.sleep(0.3)
        job = ask("GET", f"/jobs/{job['id']}")
    assert job["state"] == "succeeded", job.get("error")
    return job["result"]


@pytest.mark.parametrize("trainer", ["boosting", "logistic"])
def test_a_trained_model_is_found_loaded_and_asked_by_the_client(trainer):
    frame, name, experiment = iris(), unique("iris"), unique("training")
    result = train(
        dataset=upload(frame, "iris.csv"), target="species", trainer=trainer, model=name, experiment=experiment, seed=1
    )
    client = MlflowClient()
    run = client.get_run(result["runId"])
    assert run.info.status == "FINISHED"
    assert run.data.params["trainer"] == trainer
    assert run.data.metrics["test_accuracy"] > run.data.metrics["baseline_accuracy"]
    assert run.inputs.dataset_inputs[0].dataset.name == "iris.csv"
    assert [each.model_id for each in run.outputs.model_outputs] == [result["modelId"]]
    assert "report.html" in [each.path for each in client.list_artifacts(result["runId"])]

    version = client.get_model_version(name, str(result["version"]))
    assert version.run_id == result["runId"]
    client.set_registered_model_alias(name, "champion", version.version)
    loaded = mlflow.onnx.load_model(f"models:/{name}@champion")
    assert [each.name for each in loaded.graph.input] == list(frame.columns[:-1])

    model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    assert model.metadata.signature is not None
    columns = {column: frame[[column]].to_numpy(dtype=np.float32) for column in frame.columns[:-1]}
    answered = model.predict(columns)
    labels = np.asarray(answered["label"] if isinstance(answered, dict) else answered[0]).reshape(-1)
    assert np.mean(labels == frame["species"].to_numpy()) > 0.9


SCRIPT = """
import os
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression

frame = pd.read_csv(os.environ["MLAB_DATASET"])
x, y = frame.drop(columns=[os.environ["MLAB_TARGET"]]), frame[os.environ["MLAB_TARGET"]]
with mlflow.start_run():
    model = LogisticRegression(max_iter=500).fit(x, y)
    mlflow.log_metric("accuracy", model.score(x, y))
    mlflow.sklearn.log_model(model, name="model")
print("trained on", len(frame), "rows")
"""


def test_a_script_of_a_user_is_a_trainer_and_its_model_is_registered():
    frame, name, experiment = iris(), unique("script"), unique("training")
    trainer = {"command": [sys.executable, "-W", "ignore", "-c", SCRIPT], "memoryMb": 16384}
    result = train(
        dataset=upload(frame, "iris.csv"), target="species", trainer=trainer, model=name, experiment=experiment
    )
    assert [each["name"] for each in result["metrics"]] == ["accuracy"]
    run = MlflowClient().get_run(result["runId"])
    assert (run.info.status, run.data.metrics["accuracy"] > 0.9) == ("FINISHED", True)
    model = mlflow.pyfunc.load_model(f"models:/{name}/{result['version']}")
    assert list(model.predict(pd.DataFrame(frame.drop(columns=["species"])))[:1]) == ["setosa"]
