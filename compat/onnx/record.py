"""Writes fixtures: `record.py <folder>`. A fixture is <name>.onnx; recorded.json has of each the inputs and what the library itself predicts."""

import json
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
import onnx
import onnxmltools
import onnxruntime
import skl2onnx
import sklearn
import xgboost

import models

warnings.filterwarnings("ignore")
PACKAGES = [lightgbm, np, onnx, onnxmltools, onnxruntime, skl2onnx, sklearn, xgboost]


def plain(values):
    """JSON has no NaN and no infinities."""
    values = np.asarray(values)
    if values.dtype.kind == "f":
        return [float(f"{v:.9g}") if np.isfinite(v) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(v)] for v in values.ravel()]
    return values.ravel().tolist()


def main(folder):
    recorded = {"versions": {package.__name__: package.__version__ for package in PACKAGES}, "fixtures": {}}
    for old in folder.glob("*.onnx"):
        old.unlink()
    for name, build in models.MODELS.items():
        model, inputs, predicted = build()
        # Converters name graphs by chance.
        model.graph.name = name
        onnx.checker.check_model(model, full_check=True)
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
        recorded["fixtures"][name] = {
            "inputs": {key: {"type": str(value.dtype.name), "dims": list(value.shape), "data": plain(value)} for key, value in inputs.items()},
            "predicted": {key: {"dims": list(np.shape(value)), "data": plain(value)} for key, value in predicted.items()},
        }
    (folder / "recorded.json").write_text(json.dumps(recorded, separators=(",", ":"), sort_keys=True) + "\n")


main(pathlib.Path(sys.argv[1]))
