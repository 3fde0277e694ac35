"""Writes how well LightGBM and scikit-learn's forests learn real data: `record-trees.py <file>`. Trees of packages/learning have to learn them as well."""

import json
import sys

import lightgbm
import numpy as np
import sklearn
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score

# The rows that test/estimators.ts has of them, too.
DATA = {
    "cancer": datasets.load_breast_cancer(return_X_y=True),
    "wine": datasets.load_wine(return_X_y=True),
    "digits": tuple(part[:500] for part in datasets.load_digits(return_X_y=True)),
    "diabetes": datasets.load_diabetes(return_X_y=True, scaled=False),
}
COMMON = dict(num_iterations=60, learning_rate=0.1, num_leaves=15, min_data_in_leaf=10)
CASES = [
    ("cancer", "binary", {}, False),
    ("cancer", "binary", dict(lambda_l1=0.5, lambda_l2=2.0, max_depth=3), True),
    ("wine", "multiclass", {}, False),
    ("digits", "multiclass", dict(min_sum_hessian_in_leaf=1.0), False),
    ("diabetes", "regression", {}, False),
    ("diabetes", "regression", dict(max_bin=31), True),
    ("diabetes", "regression", dict(objective="regression_l1"), False),
    ("diabetes", "regression", dict(objective="quantile", alpha=0.5), False),
    ("diabetes", "regression", dict(objective="poisson"), False),
]


def main():
    results = []
    for name, task, params, missing in CASES:
        X, y = DATA[name]
        deviation = X.std(axis=0)
        X = ((X - X.mean(axis=0)) / np.where(deviation == 0, 1, deviation)).astype(np.float32)
        if missing:
            rows, columns = np.indices(X.shape)
            X = np.where((rows * 7 + columns * 3) % 11 == 0, np.nan, X)
        given = {"objective": task, **COMMON, **params, "verbose": -1, "num_threads": 1, "deterministic": True}
        if task == "multiclass":
            given["num_class"] = int(y.max()) + 1
        scores = []
        for part in range(3):
            held = np.arange(len(y)) % 3 == part
            said = lightgbm.train(given, lightgbm.Dataset(X[~held], y[~held].astype(float))).predict(X[held])
            if task == "binary":
                scores.append(roc_auc_score(y[held], said))
            elif task == "multiclass":
                scores.append(log_loss(y[held], said))
            else:
                scores.append(mean_squared_error(y[held], said) ** 0.5)
        results.append({"data": name, "task": task, "params": {**COMMON, **params}, "missing": missing, "score": round(float(np.mean(scores)), 6)})
    record = {"lightgbm": lightgbm.__version__, "sklearn": sklearn.__version__, "results": results, "forests": forests()}
    with open(sys.argv[1], "w") as file:
        json.dump(record, file, indent=1)
        file.write("\n")


FORESTS = [
    ("cancer", "classification", dict(n_estimators=60)),
    ("wine", "classification", dict(n_estimators=60, min_samples_leaf=3)),
    ("digits", "classification", dict(n_estimators=60)),
    ("diabetes", "regression", dict(n_estimators=60)),
    ("diabetes", "regression", dict(n_estimators=60, max_features="sqrt", max_depth=5, bootstrap=False)),
]


def forests():
    results = []
    for name, task, params in FORESTS:
        X, y = DATA[name]
        kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
        scores = []
        for seed in range(8):
            parts = []
            for part in range(3):
                held = np.arange(len(y)) % 3 == part
                said = kind(random_state=seed, **params).fit(X[~held], y[~held]).predict(X[held])
                parts.append(mean_squared_error(y[held], said) ** 0.5 if task == "regression" else np.mean(said == y[held]))
            scores.append(np.mean(parts))
        results.append({"data": name, "task": task, "params": params, "score": round(float(np.mean(scores)), 6), "deviation": round(float(np.std(scores, ddof=1)), 6)})
    return results


main()
