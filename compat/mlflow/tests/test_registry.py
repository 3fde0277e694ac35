"""Registered models and their versions with `MlflowClient`."""

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.utils.time import get_current_time_millis


def test_a_registered_model_is_found_as_it_was_made(client, unique):
    name = unique("model")
    before = get_current_time_millis()
    made = client.create_registered_model(name, tags={"team": "risk"}, description="what it is for")
    found = client.get_registered_model(name)
    assert made.name == found.name == name
    assert found.description == "what it is for" and found.tags["team"] == "risk"
    assert before - 5_000 <= found.creation_timestamp <= get_current_time_millis() + 5_000
    assert found.last_updated_timestamp >= found.creation_timestamp
    assert list(found.latest_versions) == [] and found.aliases == {}


@pytest.mark.parametrize("name", ["with space", "ünïcödé 数据 😀", "dots.and-dashes_", "100%", "a" * 200])
def test_names_may_hold_almost_anything(client, unique, name):
    full = unique(name)
    client.create_registered_model(full)
    assert client.get_registered_model(full).name == full


@pytest.mark.server("3.17")
@pytest.mark.parametrize("name", ["", "a/b", "a:b"])
def test_some_names_are_refused(client, refused, name):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_registered_model(name)


def test_a_name_that_is_taken_is_refused(client, model, refused):
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.create_registered_model(model)


def test_a_model_that_is_not_there_is_not_found(client, refused):
    for act in (client.get_registered_model, client.delete_registered_model, client.get_latest_versions):
        with refused("RESOURCE_DOES_NOT_EXIST"):
            act("nobody made this")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.create_model_version("nobody made this", "s3://bucket/x")


def test_a_description_is_changed(client, model):
    client.update_registered_model(model, description="first")
    client.update_registered_model(model, description="second")
    assert client.get_registered_model(model).description == "second"


def test_a_renamed_model_takes_its_versions_along_and_frees_its_name(client, model, unique, refused):
    client.create_model_version(model, "s3://bucket/x")
    client.set_registered_model_alias(model, "champion", "1")
    other = unique("renamed")
    client.rename_registered_model(model, other)
    assert client.get_model_version(other, "1").source == "s3://bucket/x"
    assert client.get_model_version_by_alias(other, "champion").version in ("1", 1)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model(model)
    client.create_registered_model(model)
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.rename_registered_model(other, model)


def test_a_deleted_model_is_gone_with_its_versions(client, model, refused):
    client.create_model_version(model, "s3://bucket/x")
    client.delete_registered_model(model)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model(model)
    client.create_registered_model(model)
    assert list(client.search_model_versions(f"name = '{model}'")) == []
    assert int(client.create_model_version(model, "s3://bucket/y").version) == 1


def test_tags_of_a_model_are_set_overwritten_and_deleted(client, model):
    client.set_registered_model_tag(model, "a", "1")
    client.set_registered_model_tag(model, "a", "2")
    client.set_registered_model_tag(model, "long", "x" * 100_000)
    assert client.get_registered_model(model).tags == {"a": "2", "long": "x" * 100_000}
    client.delete_registered_model_tag(model, "a")
    client.delete_registered_model_tag(model, "never there")
    assert set(client.get_registered_model(model).tags) == {"long"}


def test_versions_are_counted_from_one_and_never_given_twice(client, model):
    versions = [int(client.create_model_version(model, f"s3://bucket/{n}").version) for n in range(3)]
    assert versions == [1, 2, 3]
    client.delete_model_version(model, "2")
    assert int(client.create_model_version(model, "s3://bucket/x").version) == 4


def test_a_version_is_found_as_it_was_made(client, model, run):
    made = client.create_model_version(
        model, "s3://bucket/x", run_id=run, tags={"t": "1"}, run_link="http://localhost/run", description="why"
    )
    found = client.get_model_version(model, made.version)
    assert found.name == model and found.source == "s3://bucket/x" and found.run_id == run
    assert found.tags == {"t": "1"} and found.run_link == "http://localhost/run" and found.description == "why"
    assert found.status == "READY" and found.current_stage == "None" and found.aliases == []
    assert client.get_model_version_download_uri(model, made.version) == "s3://bucket/x"


def test_a_version_is_described_tagged_and_deleted(client, model, refused):
    client.create_model_version(model, "s3://bucket/x")
    client.update_model_version(model, "1", description="better")
    client.set_model_version_tag(model, "1", "a", "1")
    client.set_model_version_tag(model, "1", "a", "2")
    found = client.get_model_version(model, "1")
    assert found.description == "better" and found.tags == {"a": "2"}
    client.delete_model_version_tag(model, "1", "a")
    assert client.get_model_version(model, "1").tags == {}
    client.delete_model_version(model, "1")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_model_version(model, "1")


@pytest.mark.parametrize("version", ["2", "999"])
def test_a_version_that_is_not_there_is_not_found(client, model, refused, version):
    for act in (client.get_model_version, client.delete_model_version, client.get_model_version_download_uri):
        with refused("RESOURCE_DOES_NOT_EXIST"):
            act(model, version)


def test_a_version_must_be_a_number(client, model, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.get_model_version(model, "one")


@pytest.mark.parametrize("source", ["../../etc", "/etc/passwd", "file:///etc/passwd", "mlflow-artifacts:/../../etc", "s3://bucket/../../x"])
def test_a_version_of_files_elsewhere_on_the_server_is_refused(client, model, refused, source):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_model_version(model, source)


def test_an_alias_leads_to_its_version_and_may_be_moved(client, model):
    for _ in range(2):
        client.create_model_version(model, "s3://bucket/x")
    client.set_registered_model_alias(model, "champion", "1")
    client.set_registered_model_alias(model, "challenger", "1")
    assert client.get_registered_model(model).aliases == {"champion": "1", "challenger": "1"}
    assert sorted(client.get_model_version(model, "1").aliases) == ["challenger", "champion"]
    client.set_registered_model_alias(model, "champion", "2")
    assert str(client.get_model_version_by_alias(model, "champion").version) == "2"
    client.delete_registered_model_alias(model, "champion")
    assert client.get_registered_model(model).aliases == {"challenger": "1"}


def test_an_alias_that_is_not_there_is_an_invalid_parameter(client, model, refused):
    """And no RESOURCE_DOES_NOT_EXIST, which one would expect."""
    with refused("INVALID_PARAMETER_VALUE", "Registered model alias nothing not found"):
        client.get_model_version_by_alias(model, "nothing")


@pytest.mark.parametrize("alias", ["latest", "v1", "V12", "with space", "a/b", ""])
def test_some_aliases_are_refused(client, model, refused, alias):
    client.create_model_version(model, "s3://bucket/x")
    with refused("INVALID_PARAMETER_VALUE"):
        client.set_registered_model_alias(model, alias, "1")


def test_an_alias_of_a_version_that_is_not_there_is_refused(client, model, refused):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.set_registered_model_alias(model, "champion", "7")


@pytest.mark.server("3.17")
def test_aliases_go_with_their_version(client, model):
    client.create_model_version(model, "s3://bucket/x")
    client.set_registered_model_alias(model, "champion", "1")
    client.delete_model_version(model, "1")
    assert client.get_registered_model(model).aliases == {}


def test_stages_are_changed_and_may_be_emptied_of_others(client, model):
    for _ in range(3):
        client.create_model_version(model, "s3://bucket/x")
    assert client.transition_model_version_stage(model, "1", "Production").current_stage == "Production"
    client.transition_model_version_stage(model, "2", "production")
    client.transition_model_version_stage(model, "3", "Staging")
    assert {v.current_stage: str(v.version) for v in client.get_latest_versions(model)} == {"Production": "2", "Staging": "3"}
    client.transition_model_version_stage(model, "3", "Production", archive_existing_versions=True)
    assert [client.get_model_version(model, str(n)).current_stage for n in (1, 2, 3)] == ["Archived", "Archived", "Production"]
    assert [str(v.version) for v in client.get_latest_versions(model, ["Production"])] == ["3"]


def test_a_stage_that_there_is_not_is_refused(client, model, refused):
    client.create_model_version(model, "s3://bucket/x")
    with refused("INVALID_PARAMETER_VALUE"):
        client.transition_model_version_stage(model, "1", "Somewhere")
    with refused("INVALID_PARAMETER_VALUE"):
        client.get_latest_versions(model, ["Somewhere"])


def test_the_stages_are_the_four_of_mlflow(client, model):
    client.create_model_version(model, "s3://bucket/x")
    assert list(client.get_model_version_stages(model, "1")) == ["None", "Staging", "Production", "Archived"]


def test_latest_versions_are_shown_with_the_model(client, model):
    for _ in range(2):
        client.create_model_version(model, "s3://bucket/x")
    assert [str(v.version) for v in client.get_registered_model(model).latest_versions] == ["2"]


def test_bodies_of_deletes_are_read(api, client, model):
    """Proxies like to drop them; half of the registry would then not work."""
    client.create_model_version(model, "s3://bucket/x")
    client.set_model_version_tag(model, "1", "a", "1")
    answer = api("DELETE", "/api/2.0/mlflow/model-versions/delete-tag", json={"name": model, "version": "1", "key": "a"})
    assert answer.status_code == 200 and answer.json() == {}
    assert client.get_model_version(model, "1").tags == {}


def test_the_store_itself_takes_tags_as_entities(client, model):
    store = client._get_registry_client().store
    store.set_registered_model_tag(model, RegisteredModelTag("a", "1"))
    store.create_model_version(model, "s3://bucket/x", tags=[ModelVersionTag("b", "2")])
    assert store.get_model_version(model, "1").tags == {"b": "2"}
