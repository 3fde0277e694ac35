"""Many who write at once: nothing is lost, nothing is counted twice."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import mlflow
from mlflow.entities import Metric

WRITERS = 16

WRITER = """
import sys
from mlflow import MlflowClient
from mlflow.entities import Metric
client, (run, writer) = MlflowClient(), sys.argv[1:]
for step in range(5):
    client.log_metric(run, f"own{writer}", step, step=step)
client.log_batch(run, metrics=[Metric("shared", float(writer), 1000 + int(writer), step) for step in range(100)])
client.log_param(run, f"writer{writer}", writer)
"""


def test_processes_write_to_one_run(client, run):
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, run, str(n)]) for n in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    data = client.get_run(run).data
    assert data.params == {f"writer{n}": str(n) for n in range(4)}
    assert [data.metrics[f"own{n}"] for n in range(4)] == [4.0] * 4
    assert data.metrics["shared"] == 3.0
    assert len(client.get_metric_history(run, "shared")) == 400


def test_threads_write_to_one_run(client, run):
    def write(writer):
        for step in range(10):
            client.log_metric(run, "shared", writer, timestamp=1000 + writer, step=step)
        client.log_batch(run, metrics=[Metric(f"own{writer}", float(step), 1, step) for step in range(100)])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    metrics = client.get_run(run).data.metrics
    assert metrics == {"shared": WRITERS - 1.0} | {f"own{n}": 99.0 for n in range(WRITERS)}
    assert len(client.get_metric_history(run, "shared")) == 10 * WRITERS


def test_threads_start_runs_of_one_experiment(client, experiment):
    def one(number):
        run = client.create_run(experiment, tags={"number": str(number)}).info.run_id
        client.log_metric(run, "m", number)
        client.set_terminated(run)
        return run

    with ThreadPoolExecutor(WRITERS) as pool:
        runs = list(pool.map(one, range(48)))
    found = client.search_runs([experiment], "status = 'FINISHED'", max_results=100)
    assert len(set(runs)) == 48 and {run.info.run_id for run in found} == set(runs)
    assert sorted(run.data.metrics["m"] for run in found) == list(range(48))


def test_one_of_many_creates_an_experiment_and_all_find_it(client, unique):
    name = unique("race")

    def create(_):
        try:
            return client.create_experiment(name)
        except mlflow.MlflowException as error:
            return error.error_code

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(create, range(WRITERS)))
    created = [answer for answer in answers if answer != "RESOURCE_ALREADY_EXISTS"]
    assert created == [client.get_experiment_by_name(name).experiment_id]


def test_one_of_many_sets_a_param_and_no_other_changes_it(client, run):
    def set_param(value):
        try:
            client.log_param(run, "p", value)
            return value
        except mlflow.MlflowException as error:
            assert error.error_code == "INVALID_PARAMETER_VALUE"
            return None

    with ThreadPoolExecutor(8) as pool:
        winners = {value for value in pool.map(set_param, range(8)) if value is not None}
    assert {client.get_run(run).data.params["p"]} == {str(value) for value in winners}


def test_the_latest_of_what_many_write_is_the_latest(client, run):
    def write(step):
        client.log_metric(run, "m", step, step=step)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, [(n * 37) % 101 for n in range(101)]))
    assert client.get_run(run).data.metrics["m"] == 100


def test_artifacts_are_written_at_once(client, run):
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda n: client.log_text(run, str(n) * 1000, f"folder/{n:02}.txt"), range(32)))
    listed = {info.path: info.file_size for info in client.list_artifacts(run, "folder")}
    assert listed == {f"folder/{n:02}.txt": len(str(n)) * 1000 for n in range(32)}


def test_versions_made_at_once_have_numbers_of_their_own(client, model):
    def create(number):
        return int(client.create_model_version(model, f"s3://bucket/{number}").version)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(create, range(8))) == list(range(1, 9))
