#!/bin/sh
# Asks MLflow and us about random cases, and shows where we differ and nobody has said why. Needs Node 24.
# usage: fuzz.sh [filters of each kind] [seed]
set -eu
cd "$(dirname "$0")"
. ./venv.sh
.venv/bin/python fuzz.py "${2:-$$}" "${1:-1000}" | node fuzz.ts
