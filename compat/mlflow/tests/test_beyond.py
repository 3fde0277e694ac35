"""What ours does and MLflow's own server does not: asked of ours alone."""

import time

import pytest
from mlflow.entities import Metric, Param

pytestmark = pytest.mark.beyond


@pytest.fixture(scope="module")
def runs(client):
    from conftest import unique

    experiment = client.create_experiment(unique("beyond"))
    for n in range(6):
        run = client.create_run(experiment, start_time=1000 + n).info.run_id
        client.log_batch(run, metrics=[Metric("acc", n / 10, 1, 0)], params=[Param("n", str(n)), Param("kind", "even" if n % 2 == 0 else "odd")])

    def search(filter_string):
        return [run.info.start_time - 1000 for run in client.search_runs([experiment], filter_string, order_by=["start_time ASC"])]

    return search


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        ("params.n = '1' OR params.n = '4'", [1, 4]),
        ("metrics.acc > 0.3 OR params.n = '0' AND params.kind = 'even'", [0, 4, 5]),
        ("(metrics.acc > 0.3 OR params.n = '0') AND params.kind = 'even'", [0, 4]),
        ("NOT params.kind = 'even'", [1, 3, 5]),
        ("NOT (params.n = '1' OR metrics.acc >= 0.3)", [0, 2]),
        ("((params.n = '2'))", [2]),
        ("params.n = '1' or not (metrics.acc < 0.5)", [1, 5]),
    ],
)
def test_filters_know_or_not_and_parentheses(runs, filter_string, expected):
    assert runs(filter_string) == expected


@pytest.mark.parametrize("filter_string", ["(params.n = '1'", "params.n = '1')", "OR", "params.n = '1' OR", "NOT", "()"])
def test_halves_of_them_are_refused(runs, refused, filter_string):
    with refused("INVALID_PARAMETER_VALUE"):
        runs(filter_string)


def test_a_history_is_answered_whole_to_those_who_name_no_number(api, client, run):
    client.log_batch(run, metrics=[Metric("m", float(n), n, n) for n in range(10)])
    assert len(api.get("metrics/get-history", run_id=run, metric_key="m").json()["metrics"]) == 10


def test_one_metric_takes_milliseconds(client, run):
    """Whole calls of the Python client: MLflow's own server takes 50 ms for each, or 7 under gunicorn."""
    took = []
    for step in range(50):
        began = time.perf_counter()
        client.log_metric(run, "m", step, step=step)
        took.append(time.perf_counter() - began)
    assert sorted(took)[25] < 0.05


@pytest.mark.parametrize("path", ["datasets/create", "scorers/register", "issues", "label-schemas/create", "review-queues/create"])
def test_what_is_not_served_is_said_so_at_once(api, path):
    answer = api("POST", f"/api/3.0/mlflow/{path}", json={"name": "x"})
    assert answer.status_code == 404 and answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
