"""Prompts, which live in the registry."""

import mlflow
import pytest
from mlflow import genai


@pytest.fixture
def prompt(unique):
    """A prompt of two versions."""
    name = unique("prompt")
    genai.register_prompt(name, "Hello {{name}}", commit_message="first", tags={"tone": "plain"})
    genai.register_prompt(name, "Dear {{name}}", commit_message="second")
    return name


def test_versions_are_counted_and_loaded(prompt):
    assert [genai.load_prompt(prompt, version).template for version in (1, 2)] == ["Hello {{name}}", "Dear {{name}}"]
    first = genai.load_prompt(f"prompts:/{prompt}/1")
    assert first.version == 1 and first.commit_message == "first" and first.variables == {"name"}
    assert first.format(name="Ann") == "Hello Ann" and first.tags["tone"] == "plain"


def test_the_latest_is_loaded_by_name(prompt):
    assert genai.load_prompt(f"prompts:/{prompt}@latest").version == 2


def test_aliases_lead_to_versions_and_are_moved(prompt):
    genai.set_prompt_alias(prompt, "live", 1)
    assert genai.load_prompt(f"prompts:/{prompt}@live").version == 1
    genai.set_prompt_alias(prompt, "live", 2)
    assert mlflow.MlflowClient().get_prompt_version_by_alias(prompt, "live").version == 2
    genai.delete_prompt_alias(prompt, "live")
    with pytest.raises(mlflow.MlflowException):
        mlflow.MlflowClient().get_prompt_version_by_alias(prompt, "live")


def test_a_prompt_that_is_not_there_is_none_for_those_who_allow_it(unique):
    assert genai.load_prompt(f"prompts:/{unique()}/1", allow_missing=True) is None
    with pytest.raises(mlflow.MlflowException):
        genai.load_prompt(f"prompts:/{unique()}/1")


def test_prompts_are_no_models_and_models_no_prompts(client, prompt, model):
    assert prompt not in [found.name for found in client.search_registered_models(max_results=1000)]
    assert [found.name for found in genai.search_prompts(f"name = '{prompt}'")] == [prompt]
    assert list(genai.search_prompts(f"name = '{model}'")) == []


def test_prompts_are_found_by_name_and_tag(client, prompt):
    client.set_prompt_tag(prompt, "team", "risk")
    assert [found.name for found in genai.search_prompts(f"name LIKE '{prompt[:12]}%' AND tags.team = 'risk'")] == [prompt]
    client.delete_prompt_tag(prompt, "team")
    assert "team" not in client.get_prompt(prompt).tags


def test_tags_of_versions_are_set_and_deleted(client, prompt):
    client.set_prompt_version_tag(prompt, 1, "checked", "yes")
    assert client.get_prompt_version(prompt, 1).tags["checked"] == "yes"
    client.delete_prompt_version_tag(prompt, 1, "checked")
    assert "checked" not in client.get_prompt_version(prompt, 1).tags


def test_a_conversation_may_be_a_prompt(unique):
    name = unique("chat")
    messages = [{"role": "system", "content": "You are {{who}}."}, {"role": "user", "content": "{{question}}"}]
    genai.register_prompt(name, messages)
    assert genai.load_prompt(name, 1).format(who="Bob", question="?")[0] == {"role": "system", "content": "You are Bob."}


def test_a_prompt_is_made_without_a_version_first(client, unique):
    name = unique("empty")
    client.create_prompt(name, description="nothing yet", tags={"a": "1"})
    assert client.get_prompt(name).description == "nothing yet"
    made = client.create_prompt_version(name, "text", description="now")
    assert made.version == 1 and client.get_prompt_version(name, 1).template == "text"
    client.set_prompt_alias(name, "live", 1)
    assert client.get_prompt_version_by_alias(name, "live").version == 1


def test_a_version_is_deleted(client, prompt, refused):
    client.delete_prompt_version(prompt, "1")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_prompt_version(prompt, "1")
    assert client.get_prompt_version(prompt, "2").template == "Dear {{name}}"


def test_a_prompt_is_deleted(client, prompt):
    client.delete_prompt(prompt)
    assert client.get_prompt(prompt) is None


def test_a_prompt_belongs_to_the_run_that_loaded_it(client, experiment, prompt):
    with mlflow.start_run() as run:
        loaded = genai.load_prompt(prompt, 1)
        client.link_prompt_version_to_run(run.info.run_id, loaded)
    assert prompt in client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]


def test_a_model_cannot_take_the_name_of_a_prompt(client, prompt):
    with pytest.raises(mlflow.MlflowException):
        client.create_registered_model(prompt)
