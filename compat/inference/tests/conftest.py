"""Models that a user has trained with scikit-learn, logged by MLflow's own client with its ONNX flavour; and the two doors to them."""

import os
from types import SimpleNamespace

import mlflow
import mlflow.onnx
import numpy as np
import pytest
from mlflow import MlflowClient
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DOORS = {"direct": os.environ["MLAB_PREDICTOR_URL"], "gateway": os.environ["MLAB_GATEWAY_URL"]}


@pytest.fixture(params=DOORS)
def url(request):
    """Where the protocol is spoken: http://127.0.0.1:8001, and the same through the gateway."""
    return DOORS[request.param]


def log(name, estimator, rows, **options):
    """As any program does it: converted, logged and registered in one."""
    onnx = to_onnx(estimator, rows[:1], target_opset=17, **options)
    with mlflow.start_run():
        info = mlflow.onnx.log_model(onnx, name="model", registered_model_name=name, pip_requirements=[])
    return info.registered_model_version


@pytest.fixture(scope="session")
def iris():
    """Two versions of a model that the clients ask for by name, by number and by alias."""
    features, classes = load_iris(return_X_y=True)
    rows = features.astype(np.float32)
    names = np.array(["setosa", "versicolor", "virginica"])[classes]
    first = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(rows, classes)
    second = RandomForestClassifier(n_estimators=20, random_state=1).fit(rows, names)
    client = MlflowClient()
    versions = [
        # The probabilities of the first one are a tensor; of the second they are what skl2onnx makes when nobody says anything: a ZipMap.
        log("iris", first, rows, options={"zipmap": False}),
        log("iris", second, rows),
    ]
    client.set_registered_model_alias("iris", "champion", versions[0])
    client.set_registered_model_alias("iris", "challenger", versions[1])
    return SimpleNamespace(rows=rows, champion=first, challenger=second, versions=[str(version) for version in versions])
