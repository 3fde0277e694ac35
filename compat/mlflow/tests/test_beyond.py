"""What ours does and MLflow's own server does not: asked of ours alone."""

import time

import pytest
import requests
from conftest import URI
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


@pytest.mark.parametrize("path", ["datasets/create", "scorers/register", "issues", "label-schemas/create", "review-queues/create"])
def test_what_is_not_served_is_said_so_at_once(api, path):
    answer = api("POST", f"/api/3.0/mlflow/{path}", json={"name": "x"})
    assert answer.status_code == 404 and answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"


# What has no place in MLflow's protocol is asked of the services themselves, through the same gateway.
ROOT = URI.removesuffix("/mlflow")


def ask(method, path, **more):
    answer = requests.request(method, f"{ROOT}{path}", timeout=60, **more)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_guarded_alias_is_refused_until_checks_bounds_and_approval_are_there(client, model, refused):
    client.create_model_version(model, "s3://bucket/x")
    rule = {"alias": "champion", "checks": ["bias"], "metrics": [{"name": "auc", "comparison": ">=", "value": 0.8}]}
    ask("PUT", f"/registry/models/{model}/policy", json={"policy": {"aliases": [rule]}})
    with refused("PERMISSION_DENIED", "may not bear the alias champion: it is candidate and not approved; the check bias has not been reported"):
        client.set_registered_model_alias(model, "champion", "1")
    client.set_registered_model_alias(model, "challenger", "1")
    reports = {"checks": [{"name": "bias", "passed": True}], "metrics": [{"name": "auc", "value": 0.91}]}
    ask("POST", f"/registry/models/{model}/versions/1/reports", json=reports)
    ask("POST", f"/registry/models/{model}/versions/1/approve", json={"by": "ann", "comment": "good"})
    client.set_registered_model_alias(model, "champion", "1")
    assert client.get_model_version_by_alias(model, "champion").version in ("1", 1)


def test_runs_are_compared(client, experiment):
    runs = []
    for depth in (3, 5):
        run = client.create_run(experiment).info.run_id
        client.log_batch(run, metrics=[Metric("loss", 1 / depth, 1, 0)], params=[Param("depth", str(depth)), Param("kind", "tree")])
        runs.append(run)
    found = ask("GET", "/tracking/compare", params={"run": runs})
    assert found["params"]["differ"] == [{"key": "depth", "values": {runs[0]: "3", runs[1]: "5"}}]
    assert found["params"]["same"] == [{"key": "kind", "value": "tree"}]


def test_what_was_deleted_gives_its_space_back_and_says_before_how_much(client, experiment, run):
    client.log_text(run, "x" * 1000, "a.txt")
    client.delete_run(run)

    def clean(**more):
        job = ask("POST", "/tracking/clean", json={"olderThanDays": 0, "experimentIds": [experiment], **more})["id"]
        for _ in range(300):
            found = ask("GET", f"/tracking/clean/{job}")
            if "report" in found:
                return found["report"]
            time.sleep(0.1)
        raise AssertionError("the cleaning has not ended")

    expected = {"runs": 1, "files": 1, "bytes": 1000}
    assert expected.items() <= clean(dryRun=True).items()
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert expected.items() <= clean().items()
    assert [found.info.run_id for found in client.search_runs([experiment], run_view_type=3)] == []


def test_values_are_heard_while_they_are_committed(client, run):
    client.log_metric(run, "loss", 1.0, step=0)
    with requests.get(f"{ROOT}/tracking/runs/{run}/metrics/live", stream=True, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = (line.removeprefix("event: ") for line in answer.iter_lines(decode_unicode=True) if line.startswith("event:"))
        assert next(events).strip() == "latest"
        client.log_metric(run, "loss", 0.5, step=1)
        assert next(events).strip() == "metrics"
        client.set_terminated(run)
        assert next(events).strip() == "end"
