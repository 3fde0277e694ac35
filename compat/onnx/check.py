"""Holds the models that write.ts wrote against onnx and ONNX Runtime: `check.py <folder>`."""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object, "tensor(bool)": bool}


def check(path, columns, expected):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    # The bytes are the ones that onnx itself would write.
    assert model.SerializeToString() == path.read_bytes(), f"{path.name}: onnx writes other bytes"
    assert {"signature", "feature_names", "trained_on"} <= {entry.key for entry in model.metadata_props}, path.name
    session = onnxruntime.InferenceSession(path)
    rows = len(columns["age"])
    feeds = {
        port.name: np.array([float(v) if v == "NaN" else v for v in columns[port.name]], dtype=TYPES[port.type]).reshape(rows, -1)
        for port in session.get_inputs()
    }
    for port, answer in zip(session.get_outputs(), session.run(None, feeds)):
        ours = expected[port.name]
        assert list(answer.shape) == ours["dims"], f"{path.name}: {port.name} has the shape {answer.shape}"
        if answer.dtype.kind == "f":
            np.testing.assert_allclose(ours["data"], answer.ravel(), rtol=1e-6, atol=1e-6, err_msg=f"{path.name}: {port.name}")
        else:
            assert ours["data"] == answer.ravel().tolist(), f"{path.name}: {port.name}"


def main(folder):
    recorded = json.loads((folder / "written.json").read_text())
    for name, expected in recorded["written"].items():
        check(folder / f"{name}.onnx", recorded["columns"], expected)
    print(f"{len(recorded['written'])} models pass onnx.checker {onnx.__version__} and answer as ONNX Runtime {onnxruntime.__version__} does")


main(pathlib.Path(sys.argv[1]))
