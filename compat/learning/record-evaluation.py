"""Records what scikit-learn says of small sets of predictions, cases at the edge included; packages/learning/test reads it.

python record-evaluation.py ../../packages/learning/test/fixtures/evaluation.json
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")
rng = np.random.default_rng(20)


def clean(value):
    """JSON has no NaN: what is not defined is left out."""
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items() if not (isinstance(one, float) and not np.isfinite(one))}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [clean(one) for one in value]
    if isinstance(value, (np.floating, float)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value


def label_metrics(y, said, weights):
    w = {"sample_weight": weights}
    values = {
        "accuracy": m.accuracy_score(y, said, **w),
        "balanced_accuracy": m.balanced_accuracy_score(y, said, **w),
        "mcc": m.matthews_corrcoef(y, said, **w),
        "cohen_kappa": m.cohen_kappa_score(y, said, **w),
    }
    for average in ["micro", "macro", "weighted"]:
        for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
            values[f"{name}_{average}"] = score(y, said, average=average, **w)
    return {name: float(value) for name, value in values.items()}


def binary(y, p, weights=None):
    y, p = np.asarray(y), np.asarray(p, dtype=float)
    w = {"sample_weight": weights}
    said = (p > 1 - p).astype(int)
    both = np.column_stack([1 - p, p])
    precision, recall, _ = m.precision_recall_curve(y, p, **w)
    values = label_metrics(y, said, weights) | {
        "precision": m.precision_score(y, said, **w),
        "recall": m.recall_score(y, said, **w),
        "f1": m.f1_score(y, said, **w),
        "roc_auc": m.roc_auc_score(y, p, **w),
        "average_precision": m.average_precision_score(y, p, **w),
        "log_loss": m.log_loss(y, both, labels=[0, 1], **w),
        "brier": m.brier_score_loss(y, both, labels=[0, 1], **w),
    }
    if y.any():
        values["pr_auc"] = m.auc(recall, precision)
    case = {"target": y, "probability": p, "weights": weights, "metrics": values}
    case["confusion"] = m.confusion_matrix(y, said, labels=[0, 1], **w)
    if len(set(y)) == 2:
        fpr, tpr, thresholds = m.roc_curve(y, p, drop_intermediate=False, **w)
        case["roc"] = {"x": fpr, "y": tpr, "thresholds": thresholds}
        case["precision_recall"] = {"x": recall[::-1], "y": precision[::-1]}
    if weights is None:
        for strategy in ["uniform", "quantile"]:
            observed, predicted = calibration_curve(y, p, n_bins=10, strategy=strategy, pos_label=1)
            case[f"calibration_{strategy}"] = {"observed": observed, "predicted": predicted}
    return case


def multiclass(y, p, weights=None):
    classes = p.shape[1]
    w = {"sample_weight": weights}
    said = p.argmax(axis=1)
    labels = list(range(classes))
    values = label_metrics(y, said, weights) | {
        "log_loss": m.log_loss(y, p, labels=labels, **w),
        "brier": m.brier_score_loss(y, p, labels=labels, **w),
    }
    for average in ["macro", "weighted"]:
        values[f"roc_auc_{average}"] = m.roc_auc_score(y, p, multi_class="ovr", average=average, labels=labels, **w)
        if len(set(y)) == classes:
            values[f"average_precision_{average}"] = m.average_precision_score(y, p, average=average, **w)
    precision, recall, f1, support = m.precision_recall_fscore_support(y, said, labels=labels, **w)
    return {
        "target": y,
        "probabilities": p,
        "weights": weights,
        "metrics": values,
        "confusion": m.confusion_matrix(y, said, labels=labels, **w),
        "classes": {"precision": precision, "recall": recall, "f1": f1, "support": support},
    }


def regression(y, p, weights=None):
    y, p = np.asarray(y, dtype=float), np.asarray(p, dtype=float)
    w = {"sample_weight": weights}
    values = {
        "mae": m.mean_absolute_error(y, p, **w),
        "mse": m.mean_squared_error(y, p, **w),
        "rmse": m.root_mean_squared_error(y, p, **w),
        "r2": m.r2_score(y, p, **w),
        "explained_variance": m.explained_variance_score(y, p, **w),
        "mape": m.mean_absolute_percentage_error(y, p, **w),
        "median_absolute_error": m.median_absolute_error(y, p, **w),
        "max_error": m.max_error(y, p),
    }
    for alpha in [0.1, 0.5, 0.9]:
        values[f"pinball_loss_{alpha}"] = m.mean_pinball_loss(y, p, alpha=alpha, **w)
    return {"target": y, "prediction": p, "weights": weights, "metrics": values}


def clustering(x, labels):
    values = {
        "silhouette": m.silhouette_score(x, labels),
        "davies_bouldin": m.davies_bouldin_score(x, labels),
        "calinski_harabasz": m.calinski_harabasz_score(x, labels),
    }
    return {"rows": x, "labels": labels, "metrics": values}


def probabilities(rows, classes, y, digits=None):
    scores = rng.normal(size=(rows, classes))
    scores[np.arange(rows), y] += 1.2
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return p if digits is None else np.round(p, digits)


def binary_cases():
    y = rng.integers(0, 2, 300)
    p = np.clip(rng.normal(0.35 + 0.3 * y, 0.25), 0, 1)
    weights = rng.exponential(size=300)
    weights[::17] = 0
    return {
        "plain": binary(y, p),
        "weighted": binary(y, p, weights),
        "ties": binary(y, np.round(p, 1)),
        "ties, weighted": binary(y, np.round(p, 1), weights),
        "all scores the same": binary(y[:20], np.full(20, 0.5)),
        "only negative": binary(np.zeros(10, int), p[:10]),
        "only positive": binary(np.ones(10, int), p[:10]),
        "only negative, and said so": binary(np.zeros(5, int), np.full(5, 0.1)),
        "never said to be positive": binary([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4]),
        "perfect": binary([0, 0, 1, 1], [0.0, 0.2, 0.8, 1.0]),
        "always wrong": binary([0, 0, 1, 1], [1.0, 0.8, 0.2, 0.0]),
        "one row": binary([1], [0.7]),
    }


def multiclass_cases():
    y = rng.integers(0, 4, 200)
    p = probabilities(200, 4, y)
    weights = rng.exponential(size=200)
    weights[::13] = 0
    rare = np.where(y == 3, 2, y)
    shares = np.floor(p * 10) / 10
    shares[:, 0] += 1 - shares.sum(axis=1)
    third = np.tile([0.2, 0.5, 0.3], (6, 1))
    return {
        "plain": multiclass(y, p),
        "weighted": multiclass(y, p, weights),
        "ties": multiclass(y, shares),
        "a class without rows": multiclass(rare, p),
        "always the same": multiclass(np.array([0, 1, 2, 0, 1, 2]), third),
        "never said, never there": multiclass(np.array([1, 1, 2, 2, 1, 2]), third),
    }


def regression_cases():
    y = rng.gamma(2, 30, 250)
    p = y + rng.normal(0, 12, 250)
    weights = rng.exponential(size=250)
    weights[::11] = 0
    return {
        "plain": regression(y, p),
        "weighted": regression(y, p, weights),
        "odd": regression(y[:151], p[:151]),
        "weights of whole numbers": regression(y[:40], p[:40], np.array([1.0, 2, 0, 3] * 10)),
        "zeros in the target": regression([0, 1, 2, 0], [0.5, 1, 2, 0]),
        "constant target": regression([3, 3, 3], [1, 2, 3]),
        "constant target, met": regression([3, 3, 3], [3, 3, 3]),
        "constant error": regression([1, 2, 3], [2, 3, 4]),
        "one row": regression([3], [2]),
        "far from zero": regression(1e9 + y, 1e9 + p),
        "negative": regression(-y, -p + 3),
    }


def clustering_cases():
    x = np.round(np.concatenate([rng.normal(c, 0.6, size=(40, 3)) for c in (0, 2, 5)]), 3).astype(np.float32)
    labels = np.repeat([0, 1, 2], 40)
    lonely = labels.copy()
    lonely[7] = 9
    return {
        "three": clustering(x, labels),
        "with one of a single row": clustering(x, lonely),
        "two of three": clustering(x, np.minimum(labels, 1)),
        "on one point each": clustering(np.array([[0, 0], [0, 0], [1, 1], [1, 1], [1, 1]], dtype=np.float32), np.array([0, 0, 1, 1, 1])),
    }


recorded = {
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "binary": binary_cases(),
    "multiclass": multiclass_cases(),
    "regression": regression_cases(),
    "clustering": clustering_cases(),
}
with open(sys.argv[1], "w") as file:
    json.dump(clean(recorded), file)
    file.write("\n")
