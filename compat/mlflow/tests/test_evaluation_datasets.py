"""Evaluation datasets: rows of inputs and expectations, kept by the server."""

import mlflow
import pytest
from mlflow import genai

pytestmark = pytest.mark.unserved("evaluation datasets")


@pytest.fixture
def dataset(experiment, unique):
    return genai.create_dataset(name=unique("dataset"), experiment_id=experiment, tags={"team": "risk"})


ROWS = [{"inputs": {"q": f"question {n}"}, "expectations": {"answer": n}, "tags": {"n": str(n)}} for n in range(3)]


def test_a_dataset_is_found_by_id(dataset, experiment):
    again = genai.get_dataset(dataset_id=dataset.dataset_id)
    assert again.name == dataset.name and again.tags["team"] == "risk" and again.experiment_ids == [experiment]


def test_rows_are_merged_by_their_inputs(client, dataset):
    dataset.merge_records(ROWS)
    dataset.merge_records([{"inputs": {"q": "question 1"}, "expectations": {"answer": 100}}, {"inputs": {"q": "new"}}])
    rows = {record.inputs["q"]: record for record in client.get_dataset(dataset.dataset_id).records}
    assert set(rows) == {"question 0", "question 1", "question 2", "new"}
    assert rows["question 1"].expectations == {"answer": 100} and rows["question 0"].expectations == {"answer": 0}
    assert len(genai.get_dataset(dataset_id=dataset.dataset_id).to_df()) == 4


@pytest.mark.client("3.17")
@pytest.mark.server("3.17")
def test_rows_are_deleted(client, dataset):
    dataset.merge_records(ROWS)
    records = client.get_dataset(dataset.dataset_id).records
    dataset.delete_records([records[0].dataset_record_id])
    assert len(client.get_dataset(dataset.dataset_id).records) == 2


def test_rows_come_in_pages(client, dataset):
    dataset.merge_records(ROWS)
    store = client._tracking_client.store
    first, token = store._load_dataset_records(dataset.dataset_id, max_results=2)
    second, end = store._load_dataset_records(dataset.dataset_id, max_results=2, page_token=token)
    assert len(first) == 2 and len(second) == 1 and end is None


def test_tags_are_merged_and_deleted(client, dataset):
    client.set_dataset_tags(dataset.dataset_id, {"team": "fraud", "a": "1"})
    client.delete_dataset_tag(dataset.dataset_id, "a")
    tags = client.get_dataset(dataset.dataset_id).tags
    assert tags["team"] == "fraud" and "a" not in tags


@pytest.mark.client("3.17")
def test_a_dataset_belongs_to_several_experiments(client, dataset, experiment, unique):
    other = client.create_experiment(unique())
    assert sorted(client.add_dataset_to_experiments(dataset.dataset_id, [other]).experiment_ids) == sorted([experiment, other])
    assert client.remove_dataset_from_experiments(dataset.dataset_id, [experiment]).experiment_ids == [other]
    assert client._tracking_client.store.get_dataset_experiment_ids(dataset.dataset_id) == [other]


def test_datasets_are_found_by_name_tag_and_experiment(client, dataset, experiment):
    for filter_string in (f"name = '{dataset.name}'", f"name LIKE '{dataset.name[:14]}%'", "tags.team = 'risk'"):
        found = client.search_datasets(experiment_ids=[experiment], filter_string=filter_string)
        assert [one.dataset_id for one in found] == [dataset.dataset_id], filter_string
    assert list(client.search_datasets(experiment_ids=[experiment], filter_string="name = 'other'")) == []


def test_pages_of_datasets_follow_one_another(client, experiment, unique):
    names = sorted(genai.create_dataset(name=unique(), experiment_id=experiment).name for _ in range(3))
    first = client.search_datasets(experiment_ids=[experiment], max_results=2, order_by=["name ASC"])
    second = client.search_datasets(experiment_ids=[experiment], max_results=2, order_by=["name ASC"], page_token=first.token)
    assert [one.name for one in [*first, *second]] == names


def test_a_deleted_dataset_is_gone(client, dataset, refused):
    genai.delete_dataset(dataset_id=dataset.dataset_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_dataset(dataset.dataset_id)


def test_traces_may_be_rows(client, dataset, experiment):
    from test_traces import traced

    dataset.merge_records([mlflow.get_trace(traced())])
    (record,) = client.get_dataset(dataset.dataset_id).records
    assert record.inputs == {"value": 3} and record.source.source_type == "TRACE"
