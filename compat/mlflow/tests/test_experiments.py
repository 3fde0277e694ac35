import re

import mlflow
import pytest
from mlflow.entities import LifecycleStage, ViewType
from mlflow.utils.time import get_current_time_millis


def test_the_experiment_default_is_there_from_the_start(client):
    assert client.get_experiment("0").name == "Default"
    assert client.get_experiment_by_name("Default").experiment_id == "0"


def test_a_created_experiment_is_found_by_id_and_by_name(client, unique):
    name = unique()
    before = get_current_time_millis()
    created = client.create_experiment(name, tags={"team": "risk", "empty": ""})
    found = client.get_experiment(created)
    assert isinstance(created, str)
    assert found.name == name
    assert found.lifecycle_stage == LifecycleStage.ACTIVE
    assert found.tags["team"] == "risk" and found.tags["empty"] == ""
    assert before - 5_000 <= found.creation_time <= get_current_time_millis() + 5_000
    assert found.last_update_time >= found.creation_time
    assert client.get_experiment_by_name(name).experiment_id == created


def test_its_artifacts_lie_behind_the_server_unless_another_place_is_named(client, unique):
    created = client.create_experiment(unique())
    assert client.get_experiment(created).artifact_location == f"mlflow-artifacts:/{created}"


def test_an_artifact_location_of_ones_own_is_kept_and_runs_lie_below_it(client, unique):
    created = client.create_experiment(unique(), artifact_location="s3://bucket/some/where")
    assert client.get_experiment(created).artifact_location == "s3://bucket/some/where"
    run = client.create_run(created)
    assert run.info.artifact_uri == f"s3://bucket/some/where/{run.info.run_id}/artifacts"


@pytest.mark.parametrize("name", ["with spaces and / slash", "ünïcödé 数据 😀", "100 % ¿?&=#+", "  padded  ", "a" * 500])
def test_names_may_hold_almost_anything(client, unique, name):
    full = (unique() + name)[:500]
    created = client.create_experiment(full)
    assert client.get_experiment(created).name == full
    assert client.get_experiment_by_name(full).experiment_id == created


def test_a_name_that_is_taken_is_refused(client, unique, refused):
    name = unique()
    client.create_experiment(name)
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.create_experiment(name)


def test_a_name_is_taken_also_by_a_deleted_experiment(client, unique, refused):
    name = unique()
    client.delete_experiment(client.create_experiment(name))
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.create_experiment(name)


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}, {"name": 7}, {"name": ["x"]}])
def test_a_name_must_be_a_text_with_something_in_it(api, body):
    answer = api.post("experiments/create", body)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_name_of_501_characters_is_refused_by_the_server(api):
    answer = api.post("experiments/create", {"name": "a" * 501})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_an_experiment_that_is_not_there_is_not_found(client, refused):
    with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id=987654321 exists"):
        client.get_experiment("987654321")
    assert client.get_experiment_by_name("nobody ever made this") is None


@pytest.mark.parametrize("act", ["delete_experiment", "restore_experiment"])
def test_what_is_not_there_can_be_neither_deleted_nor_restored(client, refused, act):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        getattr(client, act)("987654321")


def test_a_renamed_experiment_keeps_its_id_and_frees_its_name(client, unique):
    first, second = unique(), unique()
    created = client.create_experiment(first)
    client.rename_experiment(created, second)
    assert client.get_experiment(created).name == second
    assert client.get_experiment_by_name(first) is None
    client.create_experiment(first)


def test_a_deleted_experiment_is_still_found_and_its_runs_are_deleted_with_it(client, experiment, run):
    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == LifecycleStage.DELETED
    assert client.get_run(run).info.lifecycle_stage == LifecycleStage.DELETED


def test_a_restored_experiment_comes_back_with_its_runs(client, experiment, run):
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == LifecycleStage.ACTIVE
    assert client.get_run(run).info.lifecycle_stage == LifecycleStage.ACTIVE


def test_a_deleted_experiment_takes_no_runs_and_no_other_name(client, experiment, refused, api):
    client.delete_experiment(experiment)
    with refused("INVALID_PARAMETER_VALUE", "active"):
        client.create_run(experiment)
    # Asked without the Python client, which tries again for a minute because MLflow's own server answers 500.
    answer = api.post("experiments/update", {"experiment_id": experiment, "new_name": "something else"})
    assert answer.json()["error_code"] in ("INVALID_STATE", "INVALID_PARAMETER_VALUE")


def test_a_deleted_experiment_found_by_name_is_no_experiment_to_write_to(client, experiment, refused):
    name = client.get_experiment(experiment).name
    client.delete_experiment(experiment)
    with refused("INVALID_PARAMETER_VALUE", "deleted"):
        mlflow.set_experiment(name)


def test_tags_are_set_overwritten_and_may_be_long(client, experiment):
    client.set_experiment_tag(experiment, "key", "one")
    client.set_experiment_tag(experiment, "key", "two")
    client.set_experiment_tag(experiment, "long", "x" * 5000)
    client.set_experiment_tag(experiment, "multi\nline"[:5], "ä\n😀")
    tags = client.get_experiment(experiment).tags
    assert tags["key"] == "two" and tags["long"] == "x" * 5000 and tags["multi"] == "ä\n😀"


def test_a_deleted_tag_is_gone_and_an_absent_one_is_said_to_be_absent(client, experiment, refused):
    client.set_experiment_tag(experiment, "key", "one")
    client.delete_experiment_tag(experiment, "key")
    assert "key" not in client.get_experiment(experiment).tags
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_experiment_tag(experiment, "key")


def test_the_fluent_functions_create_what_is_missing_and_take_what_is_there(unique):
    name = unique()
    created = mlflow.set_experiment(name)
    assert mlflow.set_experiment(name).experiment_id == created.experiment_id
    mlflow.set_experiment_tag("one", "1")
    mlflow.set_experiment_tags({"two": 2, "three": "3"})
    tags = mlflow.get_experiment(created.experiment_id).tags
    assert {key: tags[key] for key in ("one", "two", "three")} == {"one": "1", "two": "2", "three": "3"}
    assert mlflow.get_experiment_by_name(name).experiment_id == created.experiment_id
    mlflow.delete_experiment(created.experiment_id)
    assert mlflow.get_experiment(created.experiment_id).lifecycle_stage == "deleted"


@pytest.mark.client("3.17")
def test_experiments_are_restored_by_a_fluent_function(experiment):
    mlflow.delete_experiment(experiment)
    mlflow.restore_experiment(experiment)
    assert mlflow.get_experiment(experiment).lifecycle_stage == "active"


def test_search_tells_active_from_deleted(client, experiment):
    name = client.get_experiment(experiment).name
    client.delete_experiment(experiment)
    found = {view: [e.name for e in client.search_experiments(view, filter_string=f"name = '{name}'")] for view in (1, 2, 3)}
    assert found == {ViewType.ACTIVE_ONLY: [], ViewType.DELETED_ONLY: [name], ViewType.ALL: [name]}


def test_ids_are_texts_of_digits(experiment):
    assert re.fullmatch(r"\d+", experiment)
