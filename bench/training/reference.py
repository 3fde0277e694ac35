"""Trains what it reads of, a line of JSON each, and writes what came of it as a line of JSON. Arrays stand in files."""

import json
import os
import sys
import time

import numpy as np

SETS = {}


def versions(_):
    import lightgbm
    import sklearn

    return {"lightgbm": lightgbm.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}


def bundled(question):
    """Writes a data set of scikit-learn's package."""
    from sklearn import datasets

    X, y = getattr(datasets, question["name"])(return_X_y=True)
    np.ascontiguousarray(X.T, dtype=np.float32).tofile(question["x"])
    np.asarray(y, dtype=np.float64).tofile(question["y"])
    return {"rows": X.shape[0], "columns": X.shape[1]}


def load(question):
    """Columns one after another, a category as the number of its text, missing values as NaN."""
    rows, columns = question["rows"], question["columns"]
    x = np.fromfile(question["x"], dtype=np.float32).reshape(columns, rows)
    SETS[question["name"]] = (np.ascontiguousarray(x.T), np.fromfile(question["y"], dtype=np.float64), question["categories"])
    return {}


def part(question):
    x, y, categories = SETS[question["name"]]
    held = np.fromfile(question["held"], dtype=np.uint8) == 1
    return x[~held], y[~held], x[held], categories


def timed(train):
    wall, cpu = time.perf_counter(), time.process_time()
    model = train()
    return model, {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def boost(question):
    import lightgbm

    x, y, held, categories = part(question)
    params = {"verbose": -1, "num_threads": question["threads"], **question["params"]}
    rounds = params.pop("num_iterations")
    model, times = timed(lambda: lightgbm.train(params, lightgbm.Dataset(x, y, categorical_feature=categories or "auto", params=params), rounds))
    np.asarray(model.predict(held), dtype=np.float64).tofile(question["said"])
    return times


def forest(question):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    x, y, held, _ = part(question)
    kind = RandomForestRegressor if question["task"] == "regression" else RandomForestClassifier
    model, times = timed(lambda: kind(n_jobs=question["threads"], random_state=question["seed"], **question["params"]).fit(x, y))
    said = model.predict(held) if question["task"] == "regression" else model.predict_proba(held)
    np.asarray(said, dtype=np.float64).tofile(question["said"])
    return times


def logistic(question):
    from sklearn.linear_model import LogisticRegression

    x, y, _ = SETS[question["name"]]
    x = x.astype(np.float64)
    model, times = timed(lambda: LogisticRegression(C=question["C"], tol=1e-10, max_iter=100000).fit(x, y))
    return {**times, "coefficients": model.coef_.ravel().tolist(), "intercepts": model.intercept_.tolist()}


DO = {each.__name__: each for each in (versions, bundled, load, boost, forest, logistic)}
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(DO[asked["do"]](asked)), flush=True)
