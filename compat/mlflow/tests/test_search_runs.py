"""`search_runs` with every operator of its grammar, on ten runs that are made once."""

import math

import mlflow
import pytest
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import DatasetInput, InputTag, Metric, Param, RunTag, ViewType


@pytest.fixture(scope="module")
def runs(client):
    import numpy as np
    from conftest import unique

    experiment = client.create_experiment(unique("search"))
    ids = []
    for n in range(10):
        run = client.create_run(experiment, start_time=1000 + n, run_name=f"Run-{n % 3}")
        ids.append(run.info.run_id)
        params = [Param("lr", f"0.{n}"), Param("model", "Tree" if n % 2 else "linear"), Param("with space", str(n))]
        tags = [RunTag("team", "risk" if n < 5 else "Fraud"), RunTag("dotted.key", str(n))]
        metrics = [Metric("acc", n / 10, 1, 0), Metric("with space/and slash", float(n), 1, 0)]
        if n == 9:
            metrics.append(Metric("rare", math.nan, 1, 0))
        if n == 8:
            metrics.append(Metric("rare", 1.0, 1, 0))
        if n == 0:
            params.append(Param("only", "here"))
            tags.append(RunTag("only", "here"))
        client.log_batch(run.info.run_id, metrics=metrics, params=params, tags=tags)
        if n in (3, 4):
            dataset = from_numpy(np.array([n]), name=f"Data{n}", digest=f"digest{n}")
            context = InputTag("mlflow.data.context", "train" if n == 3 else "test")
            client.log_inputs(run.info.run_id, [DatasetInput(dataset._to_mlflow_entity(), [context])])
        if n % 2 == 0:
            client.set_terminated(run.info.run_id, "FINISHED" if n else "FAILED", end_time=2000 + n)

    def search(filter_string="", **more):
        found = client.search_runs([experiment], filter_string, **({"order_by": ["start_time ASC"]} | more))
        return [run.info.start_time - 1000 for run in found]

    search.experiment, search.ids = experiment, ids
    return search


FILTERS = [
    ("", range(10)),
    # metrics
    ("metrics.acc = 0.3", [3]),
    ("metrics.acc != 0.3", [0, 1, 2, 4, 5, 6, 7, 8, 9]),
    ("metrics.acc > 0.7", [8, 9]),
    ("metrics.acc >= 0.7", [7, 8, 9]),
    ("metrics.acc < 0.2", [0, 1]),
    ("metrics.acc <= 0.2", [0, 1, 2]),
    ("metric.acc > 0.75", [8, 9]),
    ("metrics.`with space/and slash` = 4", [4]),
    ('metrics."with space/and slash" = 4', [4]),
    ("metrics.acc > -1", range(10)),
    ("metrics.acc > 1e-1", range(2, 10)),
    ("metrics.rare = 1", [8]),
    ("metrics.rare != 1", [9]),
    ("metrics.nothing != 1", []),
    # parameters
    ("params.lr = '0.3'", [3]),
    ('params.lr = "0.3"', [3]),
    ("param.lr = '0.3'", [3]),
    ("parameter.lr = '0.3'", [3]),
    ("parameters.lr = '0.3'", [3]),
    ("params.`with space` = '5'", [5]),
    ("params.model != 'Tree'", [0, 2, 4, 6, 8]),
    ("params.model LIKE 'T%'", [1, 3, 5, 7, 9]),
    ("params.model LIKE 't%'", []),
    ("params.model LIKE '_inear'", [0, 2, 4, 6, 8]),
    ("params.model ILIKE 't%'", [1, 3, 5, 7, 9]),
    ("params.only = 'here'", [0]),
    ("params.only != 'there'", [0]),
    # tags
    ("tags.team = 'risk'", range(5)),
    ("tag.team != 'risk'", range(5, 10)),
    ("tags.`dotted.key` = '7'", [7]),
    ('tags."dotted.key" = "7"', [7]),
    ("tags.team LIKE 'f%'", []),
    ("tags.team ILIKE 'f%'", range(5, 10)),
    ("tags.`mlflow.runName` = 'Run-1'", [1, 4, 7]),
    # attributes
    ("attributes.status = 'RUNNING'", [1, 3, 5, 7, 9]),
    ("status != 'RUNNING'", [0, 2, 4, 6, 8]),
    ("attr.status = 'FAILED'", [0]),
    ("run.status LIKE 'FIN%'", [2, 4, 6, 8]),
    ("attribute.status ILIKE 'fin%'", [2, 4, 6, 8]),
    ("run_name = 'Run-2'", [2, 5, 8]),
    ("attributes.`run name` = 'Run-2'", [2, 5, 8]),
    ("attributes.`Run name` LIKE 'Run-_'", range(10)),
    ("run_name ILIKE 'run-0'", [0, 3, 6, 9]),
    ("run_name != 'Run-0'", [1, 2, 4, 5, 7, 8]),
    ("start_time > 1007", [8, 9]),
    ("attributes.start_time <= 1001", [0, 1]),
    ("created = 1004", [4]),
    ("start_time != 1004", [0, 1, 2, 3, 5, 6, 7, 8, 9]),
    ("end_time >= 2006", [6, 8]),
    ("end_time < 2002", [0]),
    ("artifact_uri LIKE 'mlflow-artifacts:/%'", range(10)),
    ("user_id != 'nobody at all'", range(10)),
    # datasets
    ("dataset.name = 'Data3'", [3]),
    ("datasets.name LIKE 'Data%'", [3, 4]),
    ("dataset.name ILIKE 'data%'", [3, 4]),
    ("dataset.digest = 'digest4'", [4]),
    ("dataset.digest != 'digest4'", [3]),
    ("dataset.context = 'train'", [3]),
    ("dataset.context = 'test'", [4]),
    ("dataset.name = 'Data3' AND dataset.context = 'test'", []),
    ("dataset.digest IN ('digest3', 'digest4')", [3, 4]),
    ("dataset.digest NOT IN ('digest3')", [4]),
    # together
    ("metrics.acc > 0.2 AND params.model = 'Tree' AND tags.team = 'risk'", [3]),
    ("metrics.acc > 0.2 and metrics.acc < 0.5", [3, 4]),
    ("metrics.acc>0.7", [8, 9]),
    ("  metrics.acc   >   0.7  ", [8, 9]),
    ("params.lr = '0.3' AND params.lr = '0.4'", []),
    ("status = 'RUNNING' AND start_time >= 1003 AND run_name LIKE '%-0'", [3, 9]),
]


@pytest.mark.parametrize("filter_string, expected", FILTERS, ids=[text for text, _ in FILTERS])
def test_a_filter_finds_what_it_says(runs, filter_string, expected):
    assert runs(filter_string) == list(expected)


@pytest.mark.server("3.17")
@pytest.mark.parametrize(
    "filter_string, expected",
    [
        ("params.only IS NULL", range(1, 10)),
        ("params.only IS NOT NULL", [0]),
        ("tags.only is null", range(1, 10)),
        ("tags.only IS NOT NULL AND metrics.acc = 0", [0]),
    ],
)
def test_params_and_tags_may_be_asked_whether_they_are_there(runs, filter_string, expected):
    assert runs(filter_string) == list(expected)


def test_run_ids_may_be_listed(runs):
    one, two = runs.ids[2], runs.ids[7]
    assert runs(f"run_id = '{one}'") == [2]
    assert runs(f"attributes.run_id IN ('{one}', '{two}')") == [2, 7]
    assert runs(f"run_id IN ('{one}')") == [2]
    assert runs(f"run_id NOT IN ('{one}', '{two}')") == [0, 1, 3, 4, 5, 6, 8, 9]
    assert runs(f"run_id != '{one}' AND metrics.acc < 0.4") == [0, 1, 3]
    assert runs(f"run_id LIKE '{one[:12]}%'") == [2]


ORDERS = [
    (["metrics.acc DESC"], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    (["metrics.acc"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    (["params.model ASC", "metrics.acc DESC"], [9, 7, 5, 3, 1, 8, 6, 4, 2, 0]),
    (["tags.team DESC", "start_time asc"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    (["attributes.start_time DESC"], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ([], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    (["params.`with space` DESC"], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    (["metrics.`with space/and slash` ASC"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    # What has a number comes first, then what is no number, then what has none, each by the time it began.
    (["metrics.rare ASC"], [8, 9, 7, 6, 5, 4, 3, 2, 1, 0]),
    (["metrics.rare DESC"], [8, 9, 7, 6, 5, 4, 3, 2, 1, 0]),
    (["params.only ASC"], [0, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
    (["params.only DESC"], [0, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
    (["end_time ASC", "start_time ASC"], [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]),
    (["end_time DESC", "start_time ASC"], [8, 6, 4, 2, 0, 1, 3, 5, 7, 9]),
    (["status ASC", "start_time ASC"], [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]),
    (["run_name ASC", "start_time ASC"], [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]),
    (["tags.only"], [0, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
]


@pytest.mark.parametrize("order_by, expected", ORDERS, ids=[", ".join(order) or "none" for order, _ in ORDERS])
def test_the_order_is_the_one_asked_for(runs, order_by, expected):
    assert runs(order_by=order_by) == expected


def test_pages_follow_one_another_in_order(runs, client):
    found, token, pages = [], None, 0
    while True:
        page = client.search_runs([runs.experiment], max_results=3, order_by=["metrics.acc ASC"], page_token=token)
        found, token, pages = found + [run.info.start_time - 1000 for run in page], page.token, pages + 1
        if not token:
            break
    assert found == list(range(10)) and pages == 4


def test_the_fluent_search_gives_a_table(runs):
    table = mlflow.search_runs([runs.experiment], "metrics.acc >= 0.8", order_by=["metrics.acc ASC"])
    assert list(table["metrics.acc"]) == [0.8, 0.9]
    assert list(table["params.lr"]) == ["0.8", "0.9"] and list(table["tags.team"]) == ["Fraud", "Fraud"]
    listed = mlflow.search_runs([runs.experiment], "metrics.acc >= 0.8", output_format="list", max_results=1)
    assert len(listed) == 1 and listed[0].data.metrics["acc"] == 0.9


def test_a_found_run_is_whole(runs, client):
    (found,) = client.search_runs([runs.experiment], "dataset.name = 'Data3'")
    again = client.get_run(found.info.run_id)
    assert found.to_dictionary() == again.to_dictionary()


def test_several_experiments_are_searched_at_once(runs, client, experiment):
    client.create_run(experiment)
    assert len(client.search_runs([runs.experiment, experiment])) == 11
    assert len(client.search_runs([])) == 0


def test_deleted_runs_are_found_by_those_who_ask_for_them(client, experiment):
    kept, gone = (client.create_run(experiment).info.run_id for _ in range(2))
    client.delete_run(gone)
    found = {view: {run.info.run_id for run in client.search_runs([experiment], run_view_type=view)} for view in (1, 2, 3)}
    assert found == {ViewType.ACTIVE_ONLY: {kept}, ViewType.DELETED_ONLY: {gone}, ViewType.ALL: {kept, gone}}
