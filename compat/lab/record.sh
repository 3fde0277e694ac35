#!/bin/sh
# Records what the FastAPI original answers to every request of requests.ts, and what pydantic reads from the values of
# record_models.py. Needs Node 24, and Python 3.11 or 3.12: later ones word some JSON errors differently.
set -eu
cd "$(dirname "$0")"
. ./venv.sh
node record.ts
.venv/bin/python record_models.py ../../packages/kernel/test/pydantic/recorded.json
cd ../..
npx --no-install oxfmt tests/system/lab-contract/openapi-a.json tests/system/lab-contract/openapi-b.json
