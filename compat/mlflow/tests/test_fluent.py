"""What a script of a user does: `mlflow.start_run()` and what follows."""

import math

import mlflow
import pytest


def test_a_run_that_ends_well_is_finished(experiment):
    with mlflow.start_run(run_name="well") as run:
        assert mlflow.active_run().info.run_id == run.info.run_id
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED" and found.info.end_time >= found.info.start_time
    assert found.info.run_name == "well" and found.info.experiment_id == experiment
    assert mlflow.last_active_run().info.run_id == run.info.run_id


def test_a_run_that_throws_has_failed(experiment):
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            1 / 0
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_the_client_says_who_ran_what(experiment):
    with mlflow.start_run(description="what it is for", tags={"mine": "1"}) as run:
        pass
    tags = mlflow.get_run(run.info.run_id).data.tags
    assert tags["mlflow.note.content"] == "what it is for" and tags["mine"] == "1"
    assert tags["mlflow.user"] and tags["mlflow.source.type"] == "LOCAL" and tags["mlflow.source.name"]


def test_params_metrics_and_tags_come_back_as_they_went(experiment):
    with mlflow.start_run() as run:
        mlflow.log_param("one", 1)
        mlflow.log_params({"two": 2.5, "three": "drei", "four": None, "five": [1, 2]})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"auc": 0.9, "f1": 1}, step=3)
        mlflow.set_tag("stage", "test")
        mlflow.set_tags({"a": 1, "b": True})
        mlflow.delete_tag("a")
    data = mlflow.get_run(run.info.run_id).data
    assert data.params == {"one": "1", "two": "2.5", "three": "drei", "four": "None", "five": "[1, 2]"}
    assert data.metrics == {"loss": 0.5, "auc": 0.9, "f1": 1.0}
    assert data.tags["stage"] == "test" and data.tags["b"] == "True" and "a" not in data.tags


def test_nested_runs_know_their_parents(experiment):
    with mlflow.start_run() as parent:
        for _ in range(2):
            with mlflow.start_run(nested=True) as child:
                mlflow.log_metric("m", 1)
        with mlflow.start_run(parent_run_id=parent.info.run_id, nested=True) as third:
            with mlflow.start_run(nested=True) as grandchild:
                pass
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    assert mlflow.get_parent_run(grandchild.info.run_id).info.run_id == third.info.run_id
    children = mlflow.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert len(children) == 3


def test_a_run_is_taken_up_again_by_its_id(experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1, step=0)
    with mlflow.start_run(run_id=run.info.run_id):
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=1)
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED" and found.data.metrics["m"] == 2


def test_a_deleted_run_cannot_be_taken_up(experiment):
    with mlflow.start_run() as run:
        pass
    mlflow.delete_run(run.info.run_id)
    with pytest.raises(mlflow.MlflowException, match="deleted"):
        mlflow.start_run(run_id=run.info.run_id)


@pytest.mark.client("3.17")
def test_a_deleted_run_is_restored_by_a_fluent_function(experiment):
    with mlflow.start_run() as run:
        pass
    mlflow.delete_run(run.info.run_id)
    mlflow.restore_run(run.info.run_id)
    assert mlflow.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_what_is_logged_in_the_background_is_there_after_the_flush(experiment):
    with mlflow.start_run() as run:
        waits = [mlflow.log_metric("m", n, step=n, synchronous=False) for n in range(50)]
        mlflow.log_params({"p": 1, "q": 2}, synchronous=False)
        mlflow.set_tags({"t": 1}, synchronous=False)
        mlflow.log_metrics({"n": 1}, synchronous=False).wait()
        mlflow.flush_async_logging()
        assert all(wait is not None for wait in waits)
    found = mlflow.get_run(run.info.run_id).data
    assert found.metrics == {"m": 49.0, "n": 1.0} and found.params == {"p": "1", "q": "2"} and found.tags["t"] == "1"
    assert len(mlflow.MlflowClient().get_metric_history(run.info.run_id, "m")) == 50


def test_numbers_beyond_the_ordinary_are_kept(experiment):
    with mlflow.start_run() as run:
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "tiny": 5e-324, "huge": 1.7e308})
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert math.isnan(metrics["nan"]) and metrics["tiny"] == 5e-324 and metrics["huge"] == 1.7e308
    assert metrics["inf"] == 1.7976931348623157e308 and metrics["-inf"] == -1.7976931348623157e308


def test_artifact_uris_are_those_of_the_run(experiment):
    with mlflow.start_run() as run:
        assert mlflow.get_artifact_uri() == f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts"
        assert mlflow.get_artifact_uri("a/b") == f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts/a/b"


def test_many_runs_one_after_the_other_each_keep_their_own(experiment):
    ids = []
    for number in range(10):
        with mlflow.start_run() as run:
            mlflow.log_metric("number", number)
        ids.append(run.info.run_id)
    found = mlflow.search_runs([experiment], order_by=["metrics.number ASC"])
    assert list(found["run_id"]) == ids and list(found["metrics.number"]) == list(range(10))
