"""Runs from their start to their end, with `MlflowClient`."""

import re

import mlflow
import pytest
from mlflow.entities import LifecycleStage, Param, RunStatus, RunTag
from mlflow.utils.time import get_current_time_millis


def test_a_new_run_is_running_and_has_nothing_yet(client, experiment):
    before = get_current_time_millis()
    run = client.create_run(experiment)
    assert re.fullmatch(r"[0-9a-f]{32}", run.info.run_id)
    assert run.info.experiment_id == experiment
    assert run.info.status == "RUNNING"
    assert run.info.lifecycle_stage == LifecycleStage.ACTIVE
    assert run.info.end_time is None
    assert before - 5_000 <= run.info.start_time <= get_current_time_millis() + 5_000
    assert run.info.artifact_uri == f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts"
    assert run.data.metrics == {} and run.data.params == {}


def test_a_run_without_a_name_is_given_one(client, experiment):
    run = client.create_run(experiment)
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", run.info.run_name)
    assert run.data.tags["mlflow.runName"] == run.info.run_name


def test_name_start_time_and_tags_are_as_they_were_given(client, experiment):
    run = client.create_run(experiment, start_time=1234567890123, tags={"a": "1", "mlflow.user": "ann"}, run_name="my run")
    again = client.get_run(run.info.run_id)
    assert again.info.start_time == 1234567890123
    assert again.info.run_name == "my run" and again.data.tags["mlflow.runName"] == "my run"
    assert again.data.tags["a"] == "1" and again.info.user_id


def test_the_tag_of_the_name_names_the_run(client, experiment):
    run = client.create_run(experiment, tags={"mlflow.runName": "by tag"})
    assert run.info.run_name == "by tag"


def test_a_name_beside_a_different_tag_of_the_name_is_refused(client, experiment, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_run(experiment, run_name="one", tags={"mlflow.runName": "other"})


def test_setting_the_tag_of_the_name_renames_the_run(client, run):
    client.set_tag(run, "mlflow.runName", "renamed by tag")
    assert client.get_run(run).info.run_name == "renamed by tag"
    client.update_run(run, name="renamed by update")
    again = client.get_run(run)
    assert again.info.run_name == "renamed by update" and again.data.tags["mlflow.runName"] == "renamed by update"


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_run_ends_with_the_status_it_is_given(client, run, status):
    client.set_terminated(run, status, end_time=1234567890124)
    info = client.get_run(run).info
    assert info.status == status and info.end_time == 1234567890124


def test_an_ended_run_may_go_on(client, run):
    client.set_terminated(run)
    client.update_run(run, status="RUNNING")
    assert client.get_run(run).info.status == "RUNNING"
    client.update_run(run, status="SCHEDULED")
    assert client.get_run(run).info.status == RunStatus.to_string(RunStatus.SCHEDULED)


def test_an_update_without_anything_changes_nothing(client, run):
    before = client.get_run(run).info
    client.update_run(run)
    after = client.get_run(run).info
    assert (after.status, after.run_name, after.end_time) == (before.status, before.run_name, before.end_time)


def test_a_run_that_is_not_there_is_not_found(client, refused):
    with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={'0' * 32} not found"):
        client.get_run("0" * 32)


def test_a_run_of_an_experiment_that_is_not_there_is_refused(client, refused):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.create_run("987654321")


def test_a_deleted_run_is_found_and_may_be_restored(client, run):
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == LifecycleStage.DELETED
    client.restore_run(run)
    assert client.get_run(run).info.lifecycle_stage == LifecycleStage.ACTIVE


@pytest.mark.parametrize("act", ["delete_run", "restore_run"])
def test_what_is_not_there_can_be_neither_deleted_nor_restored(client, refused, act):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        getattr(client, act)("0" * 32)


@pytest.mark.parametrize(
    "write",
    [
        lambda client, run: client.log_metric(run, "m", 1),
        lambda client, run: client.log_param(run, "p", 1),
        lambda client, run: client.set_tag(run, "t", 1),
        lambda client, run: client.log_batch(run, params=[Param("p", "1")]),
        lambda client, run: client.update_run(run, status="FINISHED"),
    ],
    ids=["metric", "param", "tag", "batch", "status"],
)
def test_a_deleted_run_takes_nothing(client, run, refused, write):
    client.delete_run(run)
    with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
        write(client, run)


def test_deleting_and_restoring_twice_is_the_same_as_once(client, run):
    client.delete_run(run)
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == LifecycleStage.DELETED
    client.restore_run(run)
    client.restore_run(run)
    assert client.get_run(run).info.lifecycle_stage == LifecycleStage.ACTIVE


def test_params_are_texts_and_never_change(client, run, refused):
    client.log_param(run, "p", 0.1)
    client.log_param(run, "p", "0.1")
    with refused("INVALID_PARAMETER_VALUE", "Changing param values is not allowed"):
        client.log_param(run, "p", 0.2)
    assert client.get_run(run).data.params == {"p": "0.1"}


def test_a_batch_with_one_changed_param_writes_nothing_of_it(client, run, refused):
    client.log_param(run, "p", "1")
    with refused("INVALID_PARAMETER_VALUE"):
        client.log_batch(run, params=[Param("new", "1"), Param("p", "2")], tags=[RunTag("t", "1")])
    data = client.get_run(run).data
    assert data.params == {"p": "1"}


def test_a_param_twice_in_one_batch_is_refused(client, run, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.log_batch(run, params=[Param("p", "1"), Param("p", "2")])
    assert client.get_run(run).data.params == {}


@pytest.mark.parametrize("value", ["", " ", "a\nb", "ünïcödé 😀", "x" * 6000, "'quoted' \"twice\"", "\\ % _ ;--"])
def test_a_param_keeps_its_text(client, run, value):
    client.log_param(run, "p", value)
    assert client.get_run(run).data.params["p"] == value


def test_what_is_too_long_is_cut_without_a_word(api, client, run):
    assert api.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "x" * 6001}).status_code == 200
    assert api.post("runs/set-tag", {"run_id": run, "key": "t", "value": "x" * 8001}).status_code == 200
    data = client.get_run(run).data
    assert len(data.params["p"]) == 6000 and len(data.tags["t"]) == 8000


KEYS = ["simple", "with space", "with/slash", "with.dot", "with-dash", "with_underscore", "with:colon", "k" * 250, "ünïcödé"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_may_hold_letters_digits_and_some_signs(client, run, key):
    client.log_param(run, key, "1")
    client.log_metric(run, key, 1)
    client.set_tag(run, key, "1")
    data = client.get_run(run).data
    assert data.params[key] == "1" and data.metrics[key] == 1 and data.tags[key] == "1"


@pytest.mark.parametrize("key", ["", "/absolute", "a/../b", "..", "./a", "a//b", "per%cent", "k" * 251, "quote'", "new\nline", "😀"])
def test_other_keys_are_refused(api, run, key):
    for path, value in (("runs/log-metric", 1), ("runs/log-parameter", "1"), ("runs/set-tag", "1")):
        answer = api.post(path, {"run_id": run, "key": key, "value": value, "timestamp": 1})
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_tags_are_overwritten_and_deleted(client, run, refused):
    client.set_tag(run, "t", "one")
    client.set_tag(run, "t", "two")
    assert client.get_run(run).data.tags["t"] == "two"
    client.delete_tag(run, "t")
    assert "t" not in client.get_run(run).data.tags
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_tag(run, "t")


def test_more_than_a_batch_may_hold_is_sent_in_several(client, run):
    client.log_batch(
        run,
        metrics=[mlflow.entities.Metric(f"m{n}", n, 1, 0) for n in range(1500)],
        params=[Param(f"p{n}", str(n)) for n in range(150)],
        tags=[RunTag(f"t{n}", str(n)) for n in range(150)],
    )
    data = client.get_run(run).data
    assert len(data.metrics) == 1500 and len(data.params) == 150
    assert len([key for key in data.tags if re.fullmatch(r"t\d+", key)]) == 150


@pytest.mark.parametrize(
    "batch",
    [
        {"params": [{"key": f"p{n}", "value": "1"} for n in range(101)]},
        {"tags": [{"key": f"t{n}", "value": "1"} for n in range(101)]},
        {"metrics": [{"key": f"m{n}", "value": 1, "timestamp": 1} for n in range(1001)]},
        {"metrics": [{"key": f"m{n}", "value": 1, "timestamp": 1} for n in range(1000)], "params": [{"key": "p", "value": "1"}]},
    ],
    ids=["params", "tags", "metrics", "together"],
)
def test_one_batch_holds_no_more_than_mlflow_allows(api, client, run, batch):
    answer = api.post("runs/log-batch", {"run_id": run, **batch})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    data = client.get_run(run).data
    assert data.metrics == {} and data.params == {}


def test_the_parent_of_a_nested_run_is_found(client, experiment, run):
    child = client.create_run(experiment, tags={"mlflow.parentRunId": run}).info.run_id
    assert client.get_parent_run(child).info.run_id == run
    assert client.get_parent_run(run) is None
