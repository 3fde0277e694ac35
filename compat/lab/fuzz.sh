#!/bin/sh
# Sends random documents to the FastAPI original and to our reading of bodies, and shows where they differ.
# usage: fuzz.sh [documents] [seed]
set -eu
cd "$(dirname "$0")"
. ./venv.sh
exec node fuzz.ts "$@"
