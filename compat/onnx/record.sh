#!/bin/sh
# Trains small models with scikit-learn, LightGBM and XGBoost, and writes them with what they predict to packages/onnx/test/fixtures.
set -eu
cd "$(dirname "$0")"
. ./venv.sh
# Some converters write in the order of sets.
PYTHONHASHSEED=0 "$python" record.py ../../packages/onnx/test/fixtures
