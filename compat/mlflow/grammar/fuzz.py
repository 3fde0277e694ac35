"""Writes random cases with the answers of the real MLflow, as lines of JSON: `fuzz.py <seed> <filters of each kind>`."""

import json
import logging
import sys

import cases
import oracle

logging.disable(logging.CRITICAL)
seed, filters = int(sys.argv[1]), int(sys.argv[2])
counts = {"filter": filters, "order": filters // 5, "path": filters, "name": filters // 10, "request": filters // 5, "token": filters // 50}
for subject, value in cases.random_cases(seed, counts):
    print(json.dumps([subject, value, oracle.ask(subject, value)]))
