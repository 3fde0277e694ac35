"""Datasets and models that a run reads."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag


def the_inputs(client, run):
    return [(i.dataset.name, i.dataset.digest, {tag.key: tag.value for tag in i.tags}) for i in client.get_run(run).inputs.dataset_inputs]


def test_a_table_is_logged_with_its_schema_and_context(client, experiment):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    dataset = mlflow.data.from_pandas(frame, source="http://localhost/data.csv", name="table", targets="a")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"more": "1"})
    (found,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert found.dataset.name == "table" and found.dataset.digest == dataset.digest
    assert found.dataset.source_type == "http" and "data.csv" in found.dataset.source
    assert '"name": "a"' in found.dataset.schema and found.dataset.profile
    assert {tag.key: tag.value for tag in found.tags} == {"mlflow.data.context": "training", "more": "1"}


def test_several_datasets_are_logged_at_once(client, experiment):
    datasets = [mlflow.data.from_numpy(np.arange(n + 1), name=f"array{n}") for n in range(3)]
    with mlflow.start_run() as run:
        mlflow.log_inputs(datasets=datasets, contexts=["training", "test", "test"], tags_list=[None, {"t": "1"}, None])
    assert sorted(name for name, _, _ in the_inputs(client, run.info.run_id)) == ["array0", "array1", "array2"]


def test_the_same_dataset_twice_is_one_input(client, run):
    dataset = Dataset("name", "digest", "local", "{}")
    for context in ("one", "two"):
        client.log_inputs(run, [DatasetInput(dataset, [InputTag("mlflow.data.context", context)])])
    assert [(name, digest) for name, digest, _ in the_inputs(client, run)] == [("name", "digest")]


def test_the_same_dataset_may_be_read_by_several_runs(client, experiment):
    dataset = Dataset("shared", "digest", "local", "{}", schema="{}", profile="{}")
    for _ in range(2):
        run = client.create_run(experiment).info.run_id
        client.log_inputs(run, [DatasetInput(dataset, [])])
        assert the_inputs(client, run) == [("shared", "digest", {})]
    assert len(client.search_runs([experiment], "dataset.name = 'shared'")) == 2


def test_metrics_may_belong_to_a_dataset(client, experiment):
    dataset = mlflow.data.from_numpy(np.arange(3), name="array")
    with mlflow.start_run() as run:
        mlflow.log_metric("acc", 0.5, dataset=dataset)
    assert client.get_run(run.info.run_id).data.metrics == {"acc": 0.5}


TOO_LONG = [{"name": "n" * 501, "digest": "d"}, {"name": "n", "digest": "d" * 37}]


@pytest.mark.parametrize("dataset", TOO_LONG, ids=["name", "digest"])
def test_a_dataset_that_says_too_much_is_refused(api, run, dataset):
    body = {"run_id": run, "datasets": [{"dataset": dataset | {"source_type": "s", "source": "x"}, "tags": []}]}
    answer = api.post("runs/log-inputs", body)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_inputs_of_a_run_that_is_not_there_are_refused(client, refused):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.log_inputs("0" * 32, [DatasetInput(Dataset("n", "d", "local", "{}"), [])])


@pytest.mark.server("3.17")
def test_datasets_of_experiments_are_found(api, client, experiment, run):
    client.log_inputs(run, [DatasetInput(Dataset("mine", "digest", "local", "{}"), [InputTag("mlflow.data.context", "test")])])
    answer = api("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", json={"experiment_ids": [experiment]})
    assert answer.json()["dataset_summaries"] == [{"experiment_id": experiment, "name": "mine", "digest": "digest", "context": "test"}]
