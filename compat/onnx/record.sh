#!/bin/sh
# Trains small models with scikit-learn, LightGBM and XGBoost, and writes them with what they predict to packages/onnx/test/fixtures.
set -eu
cd "$(dirname "$0")"
. ./venv.sh
"$python" record.py ../../packages/onnx/test/fixtures
