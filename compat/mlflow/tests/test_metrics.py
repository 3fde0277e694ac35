"""Metrics: which value is the latest, what their history holds, and what numbers they may be."""

import math

import mlflow
import pytest
from mlflow.entities import Metric
from mlflow.utils.time import get_current_time_millis


def history(client, run, key="m"):
    return [(metric.step, metric.timestamp, metric.value) for metric in client.get_metric_history(run, key)]


def test_a_metric_knows_when_it_was_logged(client, run):
    before = get_current_time_millis()
    client.log_metric(run, "m", 1.5)
    ((step, timestamp, value),) = history(client, run)
    assert step == 0 and value == 1.5 and before <= timestamp <= get_current_time_millis()


def test_step_and_timestamp_are_as_they_were_given(client, run):
    client.log_metric(run, "m", 1, timestamp=1_700_000_000_000, step=-7)
    client.log_metric(run, "m", 2, timestamp=0, step=2**40)
    assert history(client, run) == [(2**40, 0, 2.0), (-7, 1_700_000_000_000, 1.0)]


@pytest.mark.parametrize(
    "logged, latest",
    [
        ([(0, 1, 1.0), (1, 1, 2.0)], 2.0),
        ([(1, 1, 2.0), (0, 9, 1.0)], 2.0),
        ([(1, 1, 1.0), (1, 2, 0.5)], 0.5),
        ([(1, 1, 1.0), (1, 1, 2.0), (1, 1, 1.5)], 2.0),
        ([(1, 1, -1.0), (-1, 9, 5.0)], -1.0),
    ],
    ids=["later step", "later step logged first", "later time", "greater value", "negative step"],
)
def test_the_latest_is_the_one_of_the_greatest_step_then_time_then_value(client, run, logged, latest):
    for step, timestamp, value in logged:
        client.log_metric(run, "m", value, timestamp=timestamp, step=step)
    assert client.get_run(run).data.metrics["m"] == latest


def test_the_latest_of_one_batch_is_found_in_the_same_way(client, run):
    client.log_batch(run, metrics=[Metric("m", 3.0, 1, 5), Metric("m", 9.0, 1, 2), Metric("n", 1.0, 1, 0), Metric("m", 1.0, 1, 4)])
    assert client.get_run(run).data.metrics == {"m": 3.0, "n": 1.0}


def test_the_history_is_ordered_by_time_then_step(client, run):
    client.log_batch(run, metrics=[Metric("m", 1.0, 30, 0), Metric("m", 2.0, 10, 9), Metric("m", 3.0, 20, 5), Metric("m", 4.0, 20, 1)])
    assert [(step, timestamp) for step, timestamp, _ in history(client, run)] == [(9, 10), (1, 20), (5, 20), (0, 30)]


def test_the_same_value_again_is_kept_once(client, run):
    for _ in range(3):
        client.log_metric(run, "m", 1.0, timestamp=5, step=1)
    client.log_batch(run, metrics=[Metric("m", 1.0, 5, 1), Metric("m", 2.0, 5, 1), Metric("m", 2.0, 5, 1)])
    assert history(client, run) == [(1, 5, 1.0), (1, 5, 2.0)]


def test_a_key_that_was_never_logged_has_an_empty_history(client, run):
    assert list(client.get_metric_history(run, "nothing")) == []


def test_the_history_of_a_run_that_is_not_there_is_empty_or_not_found(client, api):
    answer = api.get("metrics/get-history", run_id="0" * 32, metric_key="m", max_results=10)
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-300, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -1e16, 2**53 + 1.0])
def test_a_double_comes_back_to_the_last_bit(client, run, value):
    client.log_metric(run, "m", value)
    assert client.get_run(run).data.metrics["m"] == value
    assert history(client, run)[0][2] == value


@pytest.mark.parametrize("value, kept", [(math.inf, 1.7976931348623157e308), (-math.inf, -1.7976931348623157e308)])
def test_the_infinite_becomes_the_greatest_number(client, run, value, kept):
    client.log_metric(run, "m", value)
    assert client.get_run(run).data.metrics["m"] == kept and history(client, run)[0][2] == kept


def test_nan_is_kept_as_nan(client, run):
    client.log_metric(run, "m", math.nan, timestamp=1, step=0)
    assert math.isnan(client.get_run(run).data.metrics["m"])
    assert math.isnan(history(client, run)[0][2])
    client.log_metric(run, "m", 1.0, timestamp=2, step=1)
    assert client.get_run(run).data.metrics["m"] == 1.0


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1.5", 1, 1.5])
def test_numbers_may_come_as_texts(api, run, value):
    body = {"run_id": run, "key": "m", "value": value, "timestamp": "1700000000000", "step": "3"}
    assert api.post("runs/log-metric", body).status_code == 200
    ((metric),) = api.get("metrics/get-history", run_id=run, metric_key="m", max_results=10).json()["metrics"]
    assert metric["timestamp"] == 1_700_000_000_000 and metric["step"] == 3


@pytest.mark.parametrize("value", ["many", None, "", "1,5"])
def test_what_is_no_number_is_refused(api, run, value):
    answer = api.post("runs/log-metric", {"run_id": run, "key": "m", "value": value, "timestamp": 1})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.beyond
@pytest.mark.parametrize("value", ["many", [1], {}])
def test_what_is_no_number_is_refused_in_a_batch_too_and_never_with_500(api, run, value):
    answer = api.post("runs/log-metric", {"run_id": run, "key": "m", "value": value, "timestamp": 1})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    batch = api.post("runs/log-batch", {"run_id": run, "metrics": [{"key": "m", "value": value, "timestamp": 1}]})
    assert batch.status_code == 400 and batch.json()["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("missing", ["run_id", "key", "value", "timestamp"])
def test_what_must_be_said_is_named_when_it_is_missing(api, run, missing):
    body = {"run_id": run, "key": "m", "value": 1, "timestamp": 1}
    del body[missing]
    answer = api.post("runs/log-metric", body)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert f"'{missing}'" in answer.json()["message"] or missing in answer.json()["message"]


def test_a_history_of_more_than_one_page_is_collected_whole(client, run):
    for first in range(0, 26_000, 1000):
        client.log_batch(run, metrics=[Metric("m", float(n), n, n) for n in range(first, first + 1000)])
    metrics = client.get_metric_history(run, "m")
    assert [metric.value for metric in metrics] == [float(n) for n in range(26_000)]


def test_pages_of_a_history_follow_one_another(api, client, run):
    client.log_batch(run, metrics=[Metric("m", float(n), n, n) for n in range(10)])
    values, token = [], None
    while True:
        query = {"run_id": run, "metric_key": "m", "max_results": 4} | ({"page_token": token} if token else {})
        answer = api.get("metrics/get-history", **query).json()
        assert len(answer["metrics"]) <= 4
        values += [metric["value"] for metric in answer["metrics"]]
        token = answer.get("next_page_token")
        if not token:
            break
    assert values == [float(n) for n in range(10)]


def test_the_histories_of_several_runs_are_answered_at_once(api, client, experiment):
    runs = [client.create_run(experiment).info.run_id for _ in range(3)]
    for number, run in enumerate(runs):
        client.log_batch(run, metrics=[Metric("m", float(number), n, n) for n in range(5)])
    answer = api("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", params={"run_id": runs, "metric_key": "m"})
    metrics = answer.json()["metrics"]
    assert len(metrics) == 15 and {metric["run_id"] for metric in metrics} == set(runs)


def test_a_long_history_is_sampled_with_its_ends(api, client, run):
    client.log_batch(run, metrics=[Metric("m", float(n), n, n) for n in range(1000)])
    answer = api(
        "GET",
        "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
        params={"run_ids": [run], "metric_key": "m", "max_results": 10, "start_step": 100, "end_step": 900},
    )
    steps = [metric["step"] for metric in answer.json()["metrics"]]
    assert steps[0] == 100 and steps[-1] == 900 and len(steps) <= 12 and steps == sorted(steps)


def test_fluent_metrics_take_timestamps_too(experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1, step=1, timestamp=111)
        mlflow.log_metrics({"m": 2, "n": 3}, step=2, timestamp=222)
    found = mlflow.MlflowClient().get_metric_history(run.info.run_id, "m")
    assert [(metric.step, metric.timestamp) for metric in found] == [(1, 111), (2, 222)]
