"""Training of scikit-learn that logs itself."""

import mlflow
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV

X = np.arange(40.0).reshape(20, 2)
Y = X[:, 0] * 3 + 1


@pytest.fixture
def autolog():
    def on(**more):
        mlflow.sklearn.autolog(**more)

    yield on
    mlflow.sklearn.autolog(disable=True)


def the_run(client, experiment):
    (run,) = client.search_runs([experiment])
    return run


def test_a_fit_logs_params_metrics_tags_the_dataset_and_the_model(client, experiment, autolog):
    autolog(log_input_examples=True)
    fitted = LinearRegression().fit(X, Y)
    run = the_run(client, experiment)
    assert run.info.status == "FINISHED"
    assert run.data.params["fit_intercept"] == "True"
    assert run.data.metrics["training_r2_score"] == pytest.approx(1.0)
    assert run.data.tags["estimator_name"] == "LinearRegression"
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.source_type == "code" and dataset.tags[0].value == "train"
    (output,) = run.outputs.model_outputs
    again = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    assert np.allclose(again.predict(X), fitted.predict(X))
    assert {info.path for info in client.list_artifacts(run.info.run_id)} >= {"estimator.html"}


def test_later_metrics_are_logged_too(client, experiment, autolog):
    autolog(log_models=False)
    with mlflow.start_run() as run:
        model = Ridge().fit(X, Y)
        model.score(X, Y)
        mlflow.log_metric("mine", 1)
    metrics = client.get_run(run.info.run_id).data.metrics
    assert "mine" in metrics and any(key.startswith("Ridge_score") for key in metrics)


def test_a_search_of_parameters_logs_a_run_and_one_below_it_for_each_trial(client, experiment, autolog):
    autolog(log_models=False, max_tuning_runs=3)
    with mlflow.start_run() as run:
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).fit(X, Y)
    parent = client.get_run(run.info.run_id)
    assert parent.data.params["best_alpha"] and "best_cv_score" in parent.data.metrics
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
    assert sorted(child.data.params["alpha"] for child in children) == ["0.1", "1.0", "10.0"]
    assert all("mean_test_score" in child.data.metrics for child in children)
    assert "cv_results.csv" in {info.path for info in client.list_artifacts(run.info.run_id)}


def test_an_ensemble_of_many_parameters_is_logged_whole(client, experiment, autolog):
    autolog(log_models=False)
    RandomForestRegressor(n_estimators=3, max_depth=2).fit(X, Y)
    run = the_run(client, experiment)
    assert run.data.params["n_estimators"] == "3" and len(run.data.params) > 10
