#!/bin/sh
# Records what MLflow reads, for the tests of packages/mlflow.
set -eu
cd "$(dirname "$0")"
. ./venv.sh
exec .venv/bin/python record.py ../../../packages/mlflow/test/recorded.json
