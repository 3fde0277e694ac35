"""Logged models with `MlflowClient`, without any files: created, finalized, searched, tagged, deleted."""

import re

import mlflow
import pytest
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import LoggedModelInput, LoggedModelOutput, LoggedModelStatus, Metric


def test_a_new_model_is_pending_until_it_is_finalized(client, experiment):
    model = client.create_logged_model(experiment, name="mine", model_type="agent", tags={"t": "1"}, params={"p": "1"})
    assert re.fullmatch(r"m-[0-9a-f]{32}", model.model_id)
    assert model.status == LoggedModelStatus.PENDING and model.model_type == "agent"
    assert model.tags["t"] == "1" and model.params == {"p": "1"}
    assert client.finalize_logged_model(model.model_id, "READY").status == LoggedModelStatus.READY
    again = client.get_logged_model(model.model_id)
    assert again.status == LoggedModelStatus.READY
    assert again.last_updated_timestamp >= again.creation_timestamp > 1_600_000_000_000


def test_a_model_may_have_failed(client, experiment):
    model = client.create_logged_model(experiment)
    client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED)
    assert client.get_logged_model(model.model_id).status == LoggedModelStatus.FAILED


def test_a_model_without_a_name_is_given_one(client, experiment):
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", client.create_logged_model(experiment).name)


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_some_signs_are_in_no_name(client, experiment, refused, name):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_logged_model(experiment, name=name)


def test_a_model_that_is_not_there_is_not_found(client, refused):
    for act in (client.get_logged_model, client.delete_logged_model):
        with refused("RESOURCE_DOES_NOT_EXIST"):
            act("m-" + "0" * 32)


def test_tags_are_set_overwritten_and_deleted(client, experiment, refused):
    model = client.create_logged_model(experiment).model_id
    client.set_logged_model_tags(model, {"a": "1", "b": "2"})
    client.set_logged_model_tags(model, {"b": "3", "c d/e": "4"})
    assert {"a": "1", "b": "3", "c d/e": "4"}.items() <= client.get_logged_model(model).tags.items()
    client.delete_logged_model_tag(model, "a")
    assert "a" not in client.get_logged_model(model).tags
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_logged_model_tag(model, "a")


def test_params_may_come_later_and_in_hundreds(client, experiment):
    model = client.create_logged_model(experiment, params={f"early{n}": str(n) for n in range(150)}).model_id
    client.log_model_params(model, {f"late{n}": str(n) for n in range(120)})
    assert len(client.get_logged_model(model).params) == 270


def test_a_deleted_model_is_not_found_and_not_listed(client, experiment, refused):
    model = client.create_logged_model(experiment).model_id
    client.delete_logged_model(model)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_logged_model(model)
    assert list(client.search_logged_models([experiment])) == []


@pytest.mark.client("3.17")
def test_a_deleted_model_is_shown_to_those_who_ask_for_it(client, experiment):
    model = client.create_logged_model(experiment).model_id
    client.delete_logged_model(model)
    store = client._tracking_client.store
    assert store.get_logged_model(model, allow_deleted=True).model_id == model


def test_a_run_names_the_models_that_it_used_and_made(client, experiment, run):
    used, made = (client.create_logged_model(experiment, source_run_id=run).model_id for _ in range(2))
    client.log_inputs(run, models=[LoggedModelInput(used)])
    client.log_outputs(run, [LoggedModelOutput(made, step=3)])
    found = client.get_run(run)
    assert [model.model_id for model in found.inputs.model_inputs] == [used]
    assert [(model.model_id, model.step) for model in found.outputs.model_outputs] == [(made, 3)]


def test_files_of_a_model_lie_in_its_own_place(client, experiment, tmp_path):
    model = client.create_logged_model(experiment).model_id
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_text("a")
    (tmp_path / "tree" / "sub" / "b.txt").write_text("b")
    client.log_model_artifact(model, str(tmp_path / "tree" / "a.txt"))
    client.log_model_artifacts(model, str(tmp_path / "tree"))
    assert {info.path for info in client.list_logged_model_artifacts(model)} == {"a.txt", "sub"}
    assert {info.path for info in client.list_logged_model_artifacts(model, "sub")} == {"sub/b.txt"}
    place = client.get_logged_model(model).artifact_location
    assert open(mlflow.artifacts.download_artifacts(f"{place}/sub/b.txt")).read() == "b"


def test_fluent_functions_do_the_same(client, experiment):
    model = mlflow.initialize_logged_model(name="fluent", params={"a": "1"})
    mlflow.log_model_params({"b": "2"}, model_id=model.model_id)
    mlflow.set_logged_model_tags(model.model_id, {"t": "1"})
    mlflow.delete_logged_model_tag(model.model_id, "t")
    mlflow.finalize_logged_model(model.model_id, "READY")
    assert mlflow.get_logged_model(model.model_id).params == {"a": "1", "b": "2"}
    assert mlflow.last_logged_model().model_id == model.model_id
    external = mlflow.create_external_model(name="elsewhere")
    assert mlflow.get_logged_model(external.model_id).status == LoggedModelStatus.READY
    with mlflow.start_run() as run:
        mlflow.log_outputs([LoggedModelOutput(model.model_id, 0)])
    assert len(client.get_run(run.info.run_id).outputs.model_outputs) == 1


@pytest.fixture(scope="module")
def models(client):
    import numpy as np
    from conftest import unique

    experiment = client.create_experiment(unique("models"))
    run = client.create_run(experiment).info.run_id
    for n in range(4):
        model = client.create_logged_model(
            experiment, name=f"Model{n % 2}", source_run_id=run, params={"depth": str(n)}, tags={"n": str(n)}, model_type="tree" if n else "agent"
        )
        dataset = from_numpy(np.array([1]), name="data", digest="digest")._to_mlflow_entity()
        client.log_inputs(run, [mlflow.entities.DatasetInput(dataset, [])])
        client.log_metric(run, "acc", n / 10, step=n, model_id=model.model_id, dataset_name="data", dataset_digest="digest")
        client.log_metric(run, "loss", 1 - n / 10, step=n, model_id=model.model_id)
        if n % 2:
            client.finalize_logged_model(model.model_id, "READY")

    def search(filter_string=None, **more):
        return [int(m.params["depth"]) for m in client.search_logged_models([experiment], filter_string, **({"order_by": BY_CREATION} | more))]

    search.experiment = experiment
    return search


BY_CREATION = [{"field_name": "creation_timestamp", "ascending": True}]


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        (None, [0, 1, 2, 3]),
        ("name = 'Model1'", [1, 3]),
        ("name != 'Model1'", [0, 2]),
        ("attributes.name LIKE 'Model%'", [0, 1, 2, 3]),
        ("name ILIKE 'model0'", [0, 2]),
        ("name IN ('Model0', 'x')", [0, 2]),
        ("name NOT IN ('Model0')", [1, 3]),
        ("model_type = 'agent'", [0]),
        ("creation_timestamp > 1000", [0, 1, 2, 3]),
        ("creation_time < 1000", []),
        ("metrics.acc >= 0.2", [2, 3]),
        ("metrics.loss < 0.8", [3]),
        ("metrics.acc = 0.1 AND name = 'Model1'", [1]),
        ("params.depth = '2'", [2]),
        ("params.depth != '2'", [0, 1, 3]),
        ("params.depth LIKE '_'", [0, 1, 2, 3]),
        ("tags.n = '3'", [3]),
        ("tags.n != '3' AND metrics.acc > 0", [1, 2]),
    ],
)
def test_a_filter_finds_what_it_says(models, filter_string, expected):
    assert models(filter_string) == expected


def test_metrics_may_be_asked_on_one_dataset(models):
    assert models("metrics.acc > 0.1", datasets=[{"dataset_name": "data", "dataset_digest": "digest"}]) == [2, 3]
    assert models("metrics.acc > 0.1", datasets=[{"dataset_name": "other"}]) == []


@pytest.mark.parametrize(
    "field, ascending, expected",
    [("metrics.acc", False, [3, 2, 1, 0]), ("metrics.acc", True, [0, 1, 2, 3]), ("creation_timestamp", False, [3, 2, 1, 0]), ("last_updated_timestamp", True, None), ("name", True, None)],
)
def test_the_order_is_the_one_asked_for(models, field, ascending, expected):
    found = models(order_by=[{"field_name": field, "ascending": ascending}])
    assert sorted(found) == [0, 1, 2, 3] and (expected is None or found == expected)


@pytest.mark.parametrize("filter_string", ["nothing = 'x'", "params.depth > '1'", "foo.x = 'y'", "name"])
def test_a_filter_that_cannot_be_read_is_refused(client, models, refused, filter_string):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_logged_models([models.experiment], filter_string)


@pytest.mark.beyond
def test_a_text_is_no_number(client, models, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_logged_models([models.experiment], "metrics.acc = 'x'")


def test_pages_follow_one_another_and_belong_to_their_search(client, models, refused):
    first = client.search_logged_models([models.experiment], max_results=3, order_by=BY_CREATION)
    second = client.search_logged_models([models.experiment], max_results=3, order_by=BY_CREATION, page_token=first.token)
    assert [m.params["depth"] for m in [*first, *second]] == ["0", "1", "2", "3"] and not second.token
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_logged_models([models.experiment], "name = 'other'", max_results=3, order_by=BY_CREATION, page_token=first.token)


def test_the_fluent_search_gives_a_table_or_a_list(models):
    table = mlflow.search_logged_models([models.experiment], filter_string="name = 'Model1'")
    assert len(table) == 2
    listed = mlflow.search_logged_models([models.experiment], output_format="list", max_results=3)
    assert len(listed) == 3


def test_a_metric_of_a_model_names_its_run_and_dataset(client, models):
    (model,) = client.search_logged_models([models.experiment], "params.depth = '3'")
    metrics = {metric.key: metric for metric in model.metrics}
    assert metrics["acc"].value == 0.3 and metrics["acc"].dataset_name == "data" and metrics["acc"].dataset_digest == "digest"
    assert metrics["loss"].run_id == model.source_run_id and metrics["loss"].model_id == model.model_id
    assert isinstance(metrics["loss"], Metric)
