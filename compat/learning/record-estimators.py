"""Writes what scikit-learn makes of real data: `record-estimators.py <file>`. The tests of packages/learning are held against it."""

import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn import datasets, neural_network
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

warnings.simplefilter("ignore")


def scaled(X):
    """As preparing does it: deviations of 1, then float32."""
    deviation = X.std(axis=0)
    return ((X - X.mean(axis=0)) / np.where(deviation == 0, 1, deviation)).astype(np.float32).astype(float)


def rounded(values):
    return np.round(np.asarray(values, dtype=float), 9).tolist()


DATA = {}
for name, load, rows in [("cancer", datasets.load_breast_cancer, None), ("wine", datasets.load_wine, None), ("digits", datasets.load_digits, 500)]:
    X, y = load(return_X_y=True)
    DATA[name] = (X[:rows], y[:rows])
DATA["diabetes"] = datasets.load_diabetes(return_X_y=True, scaled=False)


def weights_of(y):
    """Of row i: 0, 1, 2, 3, 0, 1 …"""
    return np.arange(len(y)) % 4


def logistic():
    cases = [
        ("cancer", dict(C=1.0), False),
        ("cancer", dict(C=100.0), False),
        ("cancer", dict(C=0.5, class_weight="balanced"), False),
        ("cancer", dict(C=1.0), True),
        ("cancer", dict(C=0.2, l1_ratio=1.0), False),
        ("cancer", dict(C=0.5, l1_ratio=0.5), True),
        ("wine", dict(C=1.0), False),
        ("wine", dict(C=1.0, class_weight="balanced"), True),
        ("wine", dict(C=0.3, l1_ratio=1.0), False),
        ("wine", dict(C=1.0, l1_ratio=0.4), False),
        ("digits", dict(C=1.0), False),
    ]
    for name, params, weighted in cases:
        X, y = DATA[name]
        ratio = params.get("l1_ratio", 0.0)
        penalty = {0.0: "l2", 1.0: "l1"}.get(ratio, "elasticnet")
        more = dict(solver="newton-cholesky", tol=1e-13, max_iter=1000) if ratio == 0 else dict(solver="saga", tol=1e-12, max_iter=300_000, l1_ratio=ratio)
        model = LogisticRegression(penalty=penalty, **{k: v for k, v in params.items() if k != "l1_ratio"}, **more)
        model.fit(scaled(X), y, sample_weight=weights_of(y) if weighted else None)
        yield dict(data=name, params=params, weighted=weighted, coefficients=rounded(model.coef_), intercepts=rounded(model.intercept_))


def linear():
    X, y = DATA["diabetes"]
    Z = scaled(X)
    for params, weighted in [
        (dict(alpha=0.0), False),
        (dict(alpha=0.0), True),
        (dict(alpha=0.1), False),
        (dict(alpha=2.0), True),
        (dict(alpha=1.0, l1_ratio=1.0), False),
        (dict(alpha=0.5, l1_ratio=0.5), True),
    ]:
        w = weights_of(y) if weighted else np.ones(len(y))
        alpha = params["alpha"]
        if alpha == 0:
            model = LinearRegression()
        elif "l1_ratio" not in params:
            model = Ridge(alpha=alpha * w.sum(), solver="cholesky")
        else:
            model = ElasticNet(**params, tol=1e-14, max_iter=100_000)
        model.fit(Z, y, sample_weight=w)
        yield dict(data="diabetes", params=params, weighted=weighted, coefficients=rounded(model.coef_), intercepts=rounded([model.intercept_]))


def clusters():
    for name, k in [("wine", 3), ("digits", 10), ("cancer", 5)]:
        X = scaled(DATA[name][0])
        first = KMeans(k, init=X[:k], n_init=1, algorithm="lloyd", tol=0, max_iter=1000).fit(X)
        inertias = [KMeans(k, n_init=1, random_state=seed).fit(X).inertia_ for seed in range(50)]
        yield dict(data=name, k=k, from_first=dict(inertia=first.inertia_, labels="".join(map(str, first.labels_))), inertias=rounded(np.quantile(inertias, [0, 0.5, 1])))


def anomalies():
    for name in ["cancer", "wine"]:
        X = scaled(DATA[name][0])
        scores = np.mean([-IsolationForest(n_estimators=200, random_state=seed).fit(X).score_samples(X) for seed in range(10)], axis=0)
        strict = IsolationForest(n_estimators=100, contamination=0.1, random_state=0).fit(X)
        small = IsolationForest(n_estimators=5, max_samples=32, random_state=0).fit(X)
        trees = [dict(feature=t.tree_.feature.tolist(), threshold=t.tree_.threshold.tolist(), left=t.tree_.children_left.tolist(), right=t.tree_.children_right.tolist(), samples=t.tree_.n_node_samples.tolist()) for t in small.estimators_]
        entry = dict(data=name, scores=np.round(scores, 5).tolist(), outliers=int((strict.predict(X) == -1).sum()))
        if name == "wine":
            entry |= dict(small=dict(trees=trees, max_samples=32, scores=rounded(-small.score_samples(X))))
        yield entry


def networks():
    for name in ["cancer", "wine", "diabetes"]:
        X, y = DATA[name]
        Z = scaled(X)
        order = np.arange(len(y))
        test = order % 4 == 3
        results = []
        for seed in range(5):
            if name == "diabetes":
                model = neural_network.MLPRegressor(hidden_layer_sizes=(16,), max_iter=100, learning_rate_init=0.01, random_state=seed).fit(Z[~test], (y[~test] - y.mean()) / y.std())
                results.append(float(np.sqrt(np.mean((model.predict(Z[test]) * y.std() + y.mean() - y[test]) ** 2))))
            else:
                model = neural_network.MLPClassifier(hidden_layer_sizes=(16,), max_iter=100, learning_rate_init=0.01, random_state=seed).fit(Z[~test], y[~test])
                results.append(float(log_loss(y[test], model.predict_proba(Z[test]))))
        yield dict(data=name, measure="rmse" if name == "diabetes" else "log_loss", results=rounded(results))


def main(path):
    recorded = dict(
        by=f"scikit-learn {sklearn.__version__}",
        data={
            name: dict(X=["".join("0123456789abcdefg"[int(v)] for v in row) for row in X] if name == "digits" else X.tolist(), y=y.tolist())
            for name, (X, y) in DATA.items()
        },
        logistic=list(logistic()),
        linear=list(linear()),
        clusters=list(clusters()),
        anomalies=list(anomalies()),
        path_lengths=rounded(_average_path_length(np.array([1, 2, 3, 10, 256, 100_000]))),
        networks=list(networks()),
    )
    pathlib.Path(path).write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


main(sys.argv[1])
