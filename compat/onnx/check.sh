#!/bin/sh
# Writes models with @mlab/onnx and holds them against onnx.checker and ONNX Runtime of Python. Needs Node 24 and Python 3.11 or newer.
set -eu
cd "$(dirname "$0")"
. ./venv.sh
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
node write.ts "$folder"
"$python" check.py "$folder"
