"""What every test here is given: the client, an experiment of its own, a run of its own, and plain HTTP."""

import functools
import json
import os
import uuid
from collections import Counter

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.store.model_registry import rest_store as registry_store
from mlflow.store.tracking import rest_store as tracking_store
from packaging.version import Version

URI = os.environ["MLFLOW_TRACKING_URI"]
CLIENT_VERSION = Version(mlflow.__version__)
CALLS = Counter()


def pytest_addoption(parser):
    parser.addoption("--ours", action="store_true", help="the server is mlab and not MLflow's own")


def pytest_configure(config):
    config.addinivalue_line("markers", "beyond: what MLflow's own server cannot; asked of ours alone")
    config.addinivalue_line("markers", "unserved(what): what ours does not serve; asked of MLflow's own server alone")
    # Of the releases that are tested: whether one between them has it already was not looked at.
    config.addinivalue_line("markers", "client(version): the client has it since this release")
    config.addinivalue_line("markers", "server(version): the server has it since this release, as it says of itself")
    count_calls(tracking_store.RestStore)
    count_calls(registry_store.RestStore)


def pytest_collection_modifyitems(config, items):
    ours = config.getoption("--ours")
    for item in items:
        unserved = item.get_closest_marker("unserved")
        if ours and unserved:
            item.add_marker(pytest.mark.skip(reason=f"mlab does not serve {unserved.args[0]}"))
    if not ours:
        beyond = [item for item in items if item.get_closest_marker("beyond")]
        config.hook.pytest_deselected(items=beyond)
        items[:] = [item for item in items if item not in beyond]


def count_calls(store):
    """Which methods of the client's two stores the tests have called: the runner names those that none did."""

    def counted(name, method):
        @functools.wraps(method)
        def call(*args, **kwargs):
            CALLS[name] += 1
            return method(*args, **kwargs)

        return call

    for name, method in vars(store).items():
        if callable(method) and not name.startswith("_"):
            setattr(store, name, counted(f"{store.__module__.split('.')[2]}.{name}", method))


def pytest_sessionfinish(session):
    folder = os.environ.get("MLAB_COMPAT_CALLS")
    if folder:
        known = [
            f"{store.__module__.split('.')[2]}.{name}"
            for store in (tracking_store.RestStore, registry_store.RestStore)
            for name, method in vars(store).items()
            if callable(method) and not name.startswith("_")
        ]
        with open(os.path.join(folder, f"{os.getpid()}.json"), "w") as file:
            json.dump({"known": known, "called": sorted(CALLS)}, file)


@functools.cache
def server_version():
    return Version(requests.get(f"{URI}/version", timeout=30).text.strip())


def pytest_runtest_setup(item):
    for name, have in (("client", lambda: CLIENT_VERSION), ("server", server_version)):
        for mark in item.iter_markers(name):
            if have() < Version(mark.args[0]):
                pytest.skip(f"needs a {name} of MLflow {mark.args[0]}, this one is {have()}")


@pytest.fixture(autouse=True)
def a_clean_process(tmp_path, monkeypatch):
    """Each test begins outside of any run, in an empty folder, so that nothing is written beside the server."""
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(None)
    yield
    while mlflow.active_run():
        mlflow.end_run()


def unique(prefix="name"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


@pytest.fixture(name="unique")
def unique_name():
    return unique


@pytest.fixture(scope="session")
def client():
    return MlflowClient()


@pytest.fixture
def experiment(client):
    """The id of a new experiment, which is also the one that the fluent functions write to."""
    created = client.create_experiment(unique("experiment"))
    mlflow.set_experiment(experiment_id=created)
    return created


@pytest.fixture
def run(client, experiment):
    """The id of a new run, which is not the active one of the fluent functions."""
    return client.create_run(experiment).info.run_id


@pytest.fixture
def model(client):
    """The name of a new registered model."""
    return client.create_registered_model(unique("model")).name


class Api:
    """Plain HTTP, for what the Python client never sends but others do."""

    def __init__(self):
        self.session = requests.Session()

    def __call__(self, method, path, **more):
        return self.session.request(method, f"{URI}{path}", timeout=60, **more)

    def post(self, path, body, **more):
        return self("POST", f"/api/2.0/mlflow/{path}", json=body, **more)

    def get(self, path, **query):
        return self("GET", f"/api/2.0/mlflow/{path}", params=query)


@pytest.fixture(scope="session")
def api():
    return Api()


@pytest.fixture
def refused():
    """`with refused("RESOURCE_DOES_NOT_EXIST", "a part of the message"):`"""

    class Refused:
        def __init__(self, error_code, message=""):
            self.error_code, self.message = error_code, message

        def __enter__(self):
            return self

        def __exit__(self, kind, error, trace):
            assert kind is not None, f"nothing was refused, {self.error_code} was expected"
            if not issubclass(kind, mlflow.MlflowException):
                return False
            assert error.error_code == self.error_code, f"{error.error_code}: {error.message}"
            assert self.message in error.message, error.message
            return True

    return Refused
