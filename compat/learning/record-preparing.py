"""Writes what scikit-learn's transformers make of a small table: `record-preparing.py <file>`. The tests of packages/learning are held against it."""

import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PowerTransformer, RobustScaler, StandardScaler

random = np.random.default_rng(7)
numbers = np.exp(random.normal(1, 1, 60)).astype(np.float32).astype(float) - 2
numbers[[3, 17, 40]] = np.nan
words = random.choice(["a", "b", "c", "d", "e"], 60, p=[0.45, 0.3, 0.15, 0.05, 0.05])
x = numbers.reshape(-1, 1)


def listed(values):
    return [None if np.isnan(value) else float(value) for value in np.asarray(values, dtype=float).ravel()]


scalers = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
imputed = {
    f"{strategy} {scale}": listed(make_pipeline(SimpleImputer(strategy=strategy), scaler()).fit_transform(x))
    for strategy in ["mean", "median", "most_frequent"]
    for scale, scaler in scalers.items()
}
power = PowerTransformer(method="yeo-johnson", standardize=False).fit(x)
encoder = OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False).fit(words.reshape(-1, 1))

pathlib.Path(sys.argv[1]).write_text(
    json.dumps(
        {
            "made": f"scikit-learn {sklearn.__version__}",
            "numbers": listed(numbers),
            "words": words.tolist(),
            "imputed": imputed,
            "lambda": float(power.lambdas_[0]),
            "power": listed(power.transform(x)),
            "categories": [name.removeprefix("x0_") for name in encoder.get_feature_names_out()],
            "encoded": encoder.transform(np.array([["a"], ["d"], ["never seen"], ["c"]])).tolist(),
        },
        separators=(",", ":"),
    )
    + "\n"
)
