"""What is said on the wire: shapes, numbers, content types, and answers to those who ask badly."""

import json
import re

import pytest

JSON = {"content-type": "application/json"}


def test_the_server_says_its_version_and_that_it_is_well(api):
    version = api("GET", "/version")
    assert re.fullmatch(r"3\.\d+\.\d+\S*", version.text.strip())
    health = api("GET", "/health")
    assert health.status_code == 200 and health.text == "OK"


def test_a_run_has_the_shape_that_all_clients_know(api, experiment):
    run = api.post("runs/create", {"experiment_id": experiment, "start_time": 1, "tags": [{"key": "a", "value": "1"}]}).json()["run"]
    info = run["info"]
    assert info["run_id"] == info["run_uuid"] and info["status"] == "RUNNING" and info["start_time"] == 1
    assert isinstance(info["experiment_id"], str) and info["lifecycle_stage"] == "active" and "end_time" not in info
    assert run["inputs"] == {} and {"key": "a", "value": "1"} in run["data"]["tags"]
    assert "metrics" not in run["data"] and "params" not in run["data"]


def test_int64_are_numbers_and_nan_is_a_text(api, run):
    for key, value in (("nan", "NaN"), ("inf", "Infinity")):
        api.post("runs/log-metric", {"run_id": run, "key": key, "value": value, "timestamp": 1_700_000_000_000, "step": 2**40})
    metrics = {metric["key"]: metric for metric in api.get("runs/get", run_id=run).json()["run"]["data"]["metrics"]}
    assert metrics["nan"]["value"] == "NaN" and metrics["inf"]["value"] == 1.7976931348623157e308
    assert metrics["nan"]["timestamp"] == 1_700_000_000_000 and metrics["nan"]["step"] == 2**40


def test_an_answer_without_anything_is_an_empty_object(api, run):
    answer = api.post("runs/set-tag", {"run_id": run, "key": "a", "value": "1"})
    assert answer.json() == {} and answer.headers["content-type"].startswith("application/json")


def test_the_bare_words_of_python_are_read(api, run):
    body = '{"run_id": "%s", "key": "m", "value": NaN, "timestamp": 1}' % run
    assert api("POST", "/api/2.0/mlflow/runs/log-metric", data=body, headers=JSON).status_code == 200


@pytest.mark.beyond
def test_the_bare_word_nan_is_kept_as_what_it_is(api, run):
    """MLflow's own server makes 0 of it."""
    body = '{"run_id": "%s", "key": "m", "value": NaN, "timestamp": 1}' % run
    assert api("POST", "/api/2.0/mlflow/runs/log-metric", data=body, headers=JSON).status_code == 200
    assert api.get("metrics/get-history", run_id=run, metric_key="m", max_results=5).json()["metrics"][0]["value"] == "NaN"


def test_fields_that_are_not_known_are_passed_over(api, run):
    assert api.post("runs/set-tag", {"run_id": run, "key": "a", "value": "1", "colour": "blue"}).status_code == 200


def test_a_body_that_was_encoded_twice_is_read(api, run):
    body = json.dumps(json.dumps({"run_id": run, "key": "a", "value": "1"}))
    assert api("POST", "/api/2.0/mlflow/runs/set-tag", data=body, headers=JSON).status_code == 200


def test_the_old_name_of_a_run_id_is_understood(api, run):
    assert api.get("runs/get", run_uuid=run).json()["run"]["info"]["run_id"] == run
    assert api.post("runs/set-tag", {"run_uuid": run, "key": "a", "value": "1"}).status_code == 200


def test_the_pages_of_the_browser_ask_elsewhere(api, run):
    answer = api("GET", "/ajax-api/2.0/mlflow/runs/get", params={"run_id": run})
    assert answer.json()["run"]["info"]["run_id"] == run


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_post_that_is_no_json_is_refused(api, run, content_type):
    body = json.dumps({"run_id": run, "key": "a", "value": "1"})
    headers = {"content-type": content_type} if content_type else {}
    answer = api("POST", "/api/2.0/mlflow/runs/set-tag", data=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE" and "Bad Request. Content-Type" in answer.json()["message"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8"])
def test_a_content_type_may_have_parameters(api, run, content_type):
    body = json.dumps({"run_id": run, "key": "a", "value": "ü"})
    answer = api("POST", "/api/2.0/mlflow/runs/set-tag", data=body.encode(), headers={"content-type": content_type})
    assert answer.status_code == 200


@pytest.mark.beyond
@pytest.mark.parametrize("body", ["", "{", "[]", "7", "null", '"text"', '{"run_id": }'])
def test_a_body_that_is_no_object_is_the_clients_mistake(api, body):
    answer = api("POST", "/api/2.0/mlflow/runs/set-tag", data=body, headers=JSON)
    assert answer.status_code == 400 and answer.json()["error_code"]


@pytest.mark.server("3.17")
def test_a_field_of_another_kind_is_named(api, run):
    answer = api.post("runs/set-tag", {"run_id": run, "key": 7, "value": "1"})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "'key'" in answer.json()["message"]


MISSING = [
    ("POST", "runs/set-tag", "run_id"),
    ("POST", "runs/log-parameter", "run_id"),
    ("GET", "runs/get", "run_id"),
    ("GET", "experiments/get", "experiment_id"),
    ("GET", "experiments/get-by-name", "experiment_name"),
    ("POST", "experiments/delete", "experiment_id"),
    ("POST", "registered-models/create", "name"),
    ("GET", "registered-models/get", "name"),
    ("GET", "registered-models/alias", "name"),
    ("GET", "model-versions/get", "name"),
]


@pytest.mark.parametrize("method, path, field", MISSING, ids=[path for _, path, _ in MISSING])
def test_what_is_missing_is_named(api, method, path, field):
    answer = api(method, f"/api/2.0/mlflow/{path}", json={} if method == "POST" else None)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert answer.json()["message"].startswith(f"Missing value for required parameter '{field}'")


def test_a_path_that_there_is_not_is_not_found_and_a_wrong_method_is_refused(api):
    assert api("GET", "/api/2.0/mlflow/nothing/here").status_code == 404
    assert api("GET", "/api/2.0/mlflow/runs/create").status_code in (404, 405)


def test_search_of_runs_is_answered_with_an_empty_object_where_there_are_none(api, experiment):
    assert api.post("runs/search", {"experiment_ids": [experiment]}).json() == {}


@pytest.mark.server("3.17")
def test_a_page_token_is_given_only_where_there_is_more(api, client, experiment):
    for _ in range(3):
        client.create_run(experiment)
    first = api.post("runs/search", {"experiment_ids": [experiment], "max_results": 2}).json()
    second = api.post("runs/search", {"experiment_ids": [experiment], "max_results": 2, "page_token": first["next_page_token"]}).json()
    assert len(first["runs"]) == 2 and len(second["runs"]) == 1 and "next_page_token" not in second
    exact = api.post("runs/search", {"experiment_ids": [experiment], "max_results": 3}).json()
    assert len(exact["runs"]) == 3 and "next_page_token" not in exact


def test_versions_are_texts(api, client, model):
    client.create_model_version(model, "s3://bucket/x")
    version = api.get("model-versions/get", name=model, version="1").json()["model_version"]
    assert version["version"] == "1" and isinstance(version["creation_timestamp"], int)
    assert version["status"] == "READY" and version["current_stage"] == "None"


def test_aliases_are_set_read_and_deleted_on_one_path(api, client, model):
    client.create_model_version(model, "s3://bucket/x")
    path = "/api/2.0/mlflow/registered-models/alias"
    assert api("POST", path, json={"name": model, "alias": "a", "version": "1"}).json() == {}
    assert api("GET", path, params={"name": model, "alias": "a"}).json()["model_version"]["version"] == "1"
    assert api("DELETE", path, json={"name": model, "alias": "a"}).json() == {}


def test_latest_versions_are_asked_with_get_too(api, client, model):
    client.create_model_version(model, "s3://bucket/x")
    answer = api.get("registered-models/get-latest-versions", name=model)
    assert [version["version"] for version in answer.json()["model_versions"]] == ["1"]


def test_the_client_of_before_logs_its_models_with_the_run(api, client, run):
    flavor = {"run_id": run, "artifact_path": "model", "utc_time_created": "2020-01-01", "flavors": {"python_function": {}}, "model_uuid": "1"}
    assert api.post("runs/log-model", {"run_id": run, "model_json": json.dumps(flavor)}).status_code == 200
    assert json.loads(client.get_run(run).data.tags["mlflow.log-model.history"])[0]["artifact_path"] == "model"
