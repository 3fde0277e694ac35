"""Models of scikit-learn: logged, found again in every way, loaded and asked."""

import json
import math

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

# Named, because the client would else start a process to find out, which takes seconds.
REQUIREMENTS = ["scikit-learn"]
INPUT = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
OUTPUT = np.array([0, 0, 1, 1])
FITTED = LogisticRegression().fit(INPUT, OUTPUT)


def log_model(name="model", **more):
    return mlflow.sklearn.log_model(
        FITTED, name=name, signature=infer_signature(INPUT, OUTPUT), pip_requirements=REQUIREMENTS, **more
    )


@pytest.fixture
def logged(experiment):
    with mlflow.start_run() as run:
        mlflow.log_param("C", 1.0)
        mlflow.log_metric("acc", 0.9)
        info = log_model(input_example=INPUT.head(2))
    info.run = run.info.run_id
    return info


def predicts(uri):
    return list(mlflow.pyfunc.load_model(uri).predict(INPUT)) == list(FITTED.predict(INPUT))


def test_a_logged_model_is_ready_and_knows_its_run_its_params_and_its_metrics(client, experiment, logged):
    model = client.get_logged_model(logged.model_id)
    assert model.name == "model" and model.experiment_id == experiment and model.source_run_id == logged.run
    assert model.status == "READY" and model.model_uri == f"models:/{logged.model_id}"
    assert model.params["C"] == "1.0"
    assert {metric.key: metric.value for metric in model.metrics or []} == {"acc": 0.9}
    assert model.artifact_location == f"mlflow-artifacts:/{experiment}/models/{logged.model_id}/artifacts"
    assert [output.model_id for output in client.get_run(logged.run).outputs.model_outputs] == [logged.model_id]


def test_its_signature_and_its_example_are_read_from_its_files(logged):
    info = mlflow.models.get_model_info(logged.model_uri)
    assert info.signature.inputs.input_names() == ["a", "b"]
    model = mlflow.pyfunc.load_model(logged.model_uri)
    assert list(model.metadata.load_input_example(model._model_meta and logged.model_uri)["a"]) == [0.0, 1.0]


def test_it_is_loaded_by_its_own_id(logged):
    assert logged.model_uri == f"models:/{logged.model_id}" and predicts(logged.model_uri)


@pytest.mark.server("3.17")
def test_it_is_loaded_by_its_run_and_name(logged):
    assert predicts(f"runs:/{logged.run}/model")


def test_it_is_loaded_as_what_it_was(logged):
    again = mlflow.sklearn.load_model(logged.model_uri)
    assert np.array_equal(again.coef_, FITTED.coef_)


def test_it_is_registered_and_loaded_by_version_alias_and_stage(client, logged, unique):
    name = unique("model")
    version = mlflow.register_model(logged.model_uri, name, tags={"why": "test"})
    assert version.version in (1, "1") and version.status == "READY" and version.run_id == logged.run
    assert version.source == f"models:/{logged.model_id}"
    client.set_registered_model_alias(name, "champion", version.version)
    client.transition_model_version_stage(name, version.version, "Production")
    for reference in ("/1", "@champion", "/Production", "/latest"):
        assert predicts(f"models:/{name}{reference}"), reference
    assert client.get_model_version_download_uri(name, "1")
    assert client.get_logged_model(logged.model_id).tags["mlflow.modelVersions"]


def test_it_may_be_registered_while_it_is_logged(client, experiment, unique):
    name = unique("model")
    with mlflow.start_run():
        first = log_model(registered_model_name=name)
        second = log_model(registered_model_name=name)
    assert (int(first.registered_model_version), int(second.registered_model_version)) == (1, 2)
    assert [int(found.version) for found in client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])] == [1, 2]
    assert client.get_registered_model(name).latest_versions[0].source == f"models:/{second.model_id}"


def test_a_model_of_a_run_is_registered_by_the_uri_of_the_run(logged, unique):
    name = unique("model")
    version = mlflow.register_model(f"runs:/{logged.run}/model", name)
    assert version.run_id == logged.run
    assert predicts(f"models:/{name}/{version.version}")


def test_a_version_is_copied_to_another_name(client, logged, unique):
    source, target = unique("source"), unique("target")
    mlflow.register_model(logged.model_uri, source)
    client.create_registered_model(target)
    copy = client.copy_model_version(f"models:/{source}/1", target)
    assert int(copy.version) == 1 and copy.source == f"models:/{source}/1"
    assert predicts(f"models:/{target}/1")


def test_a_model_is_logged_without_a_run(experiment, client):
    info = log_model(name="outside", params={"p": "1"}, tags={"t": "1"})
    model = client.get_logged_model(info.model_id)
    assert model.source_run_id in (None, "", info.run_id) and model.params == {"p": "1"} and model.tags["t"] == "1"
    assert predicts(info.model_uri)


def test_a_function_may_be_a_model(experiment):
    class Double(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return [2 * value for value in model_input]

    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(name="double", python_model=Double(), pip_requirements=[])
    assert mlflow.pyfunc.load_model(info.model_uri).predict([1, 2]) == [2, 4]


def test_metrics_of_several_steps_go_to_their_own_models(client, experiment):
    with mlflow.start_run():
        mlflow.log_metric("loss", 2.0, step=0)
        first = log_model(name="checkpoint", step=0)
        mlflow.log_metric("loss", 1.0, step=1)
        second = log_model(name="checkpoint", step=1)
        mlflow.log_metric("loss", 0.5, step=1, model_id=second.model_id)
    losses = [[m.value for m in client.get_logged_model(info.model_id).metrics or []] for info in (first, second)]
    assert losses[0] == [2.0] and 0.5 in losses[1]


@pytest.mark.beyond
def test_a_metric_that_is_nan_hinders_no_model(client, experiment):
    """The client logs every metric of the step again for the model. MLflow's own server makes 0 of it; older ones refuse (mlflow#26108)."""
    with mlflow.start_run():
        mlflow.log_metric("loss", float("nan"), step=0)
        info = log_model(name="after-nan", step=0)
    model = client.get_logged_model(info.model_id)
    assert model.status == "READY" and [math.isnan(metric.value) for metric in model.metrics] == [True]


def test_models_are_noted_with_their_run_as_they_were_before_mlflow_3(client, run):
    client._tracking_client.store.record_logged_model(run, mlflow.models.Model(run_id=run, artifact_path="old"))
    (noted,) = json.loads(client.get_run(run).data.tags["mlflow.log-model.history"])
    assert noted["artifact_path"] == "old"


def test_evaluation_writes_its_metrics(client, experiment):
    data = INPUT.assign(label=OUTPUT)
    with mlflow.start_run() as run:
        info = log_model()
        mlflow.models.evaluate(info.model_uri, data, targets="label", model_type="classifier", evaluator_config={"log_explainer": False})
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["accuracy_score"] == 1.0
    assert "accuracy_score" in {metric.key for metric in client.get_logged_model(info.model_id).metrics or []}
