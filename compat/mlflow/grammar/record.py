"""Records what the real MLflow makes of some thousand cases: `record.py <file>`. The file has the version that answered."""

import json
import logging
import random
import re
import sys

import cases
import oracle

logging.disable(logging.CRITICAL)
SEED = 20_26
COUNTS = {"filter": 6000, "order": 1500, "path": 1500, "name": 400, "request": 600, "token": 60}
# Longer ones are only more of the same.
MAX_LENGTH = 100
# Those that must not be missing. Of values: a text and how often it is repeated; the answer is how many characters are kept.
WRITTEN = {
    "param value": [["x", 1], ["x", 5999], ["ä", 6000], ["😀", 6000], ["😀", 6001], ["a😀", 4000]],
    "tag value": [["x", 1], ["x", 8000], ["日", 8001], ["a😀", 8000]],
    "filter runs": ["tags.a IS NOT  NULL", "tags.a DESC = 'x'", "tags.a = 'x' tags.b IS NULL", "metrics.a > 1 metrics.b > 2", "AND", " ", "", ";", "tags.in = 'x'", "metrics.a < 1e+16",
        "run_id IN ('a') # x\n AND tags.b = 'c'", "run_id = 'x' run_id IN ('a')"],
    "filter logged models": ["params.x = 1 + 2", "metrics.a > inf", "params.a-b IN ('x')", "metrics.a < 1e+16", "name = true", "metrics.a =b = 1", "name = ''''", 'name = "x"', "name IN (1)", "metrics.val-loss > 0.5 AND metrics.train/loss < 1"],
    "filter traces": ["tags.name = 'x'", "name = 'x'", "timestamp > 1.5", "timestamp_ms = 'abc'", "execution_time > '5'", "span.type like 'x'", "span.attributes.`a b` LIKE 'x'"],
    "filter model versions": ["run_id IN ('\\N{DIGIT ONE}')"],
    "order registered models": [['"name"']],
    "path": ["a\\b", "C:/x", "a%00b", "file:x"],
    "key tag": ["a\n"],
    "model name": ["x" * 257],
    "page token": ["eyJvZmZzZXQiOiAtMX0="],
    "order experiments": [["name", "name DESC"], []],
    "order runs": [[" metrics.a"], ["metrics.a "], ["`metrics.a` DESC"], ["tags.`a``b` DESC"], ["start_time", "created"]],
    "request log-metric": [
        '{"run_id":"r","key":"k","value":"1_0","timestamp":1}',
        '{"run_id":"r","key":"k","value":1,"timestamp":9007199254740993}',
        '{"runId":"r","key":"k","value":1,"timestamp":1}',
        '{"run_uuid":"r","key":"k","value":1,"timestamp":1}',
        '{"run_id":"r","key":"k","value":1,"timestamp":1,"dataset_name":"d"}',
        '{"run_id":"r","key":"k","value":NaN,"timestamp":1}',
        '{"run_id":"r","runId":"r","key":"k","value":1,"timestamp":1}',
    ],
    "request update-run": ['{"run_id":"r","run_uuid":5,"status":3}', '{"run_id":"r","status":"DONE"}'],
    "request get-history": ["run_id=r&metric_key=k&max_results=0", "run_id=r&metric_key=a+b%2Fc&max_results=5", ""],
}


def short(answer):
    """Messages list sets in any order, so only their beginning counts."""
    if "error" in answer:
        return {"error": re.split(r" not one of | Valid (?:keys|values) are |\. Expected one of", answer["error"])[0][:75]}
    return answer


def signature(subject, value, answer):
    """What two cases have in common that test the same."""
    if "error" in answer:
        return subject, re.sub(r"'[^']*'|\"[^\"]*\"|\d+|`[^`]*`", "_", answer["error"])[:70]
    if "broken" in answer:
        return subject, answer["broken"]
    value = answer["ok"]
    if subject.startswith("filter"):
        return subject, str([[clause[0], clause[2], type(clause[3]).__name__] for clause in value][:2])
    return subject, str(value)[:24] if subject.startswith(("path", "order")) else type(value).__name__


def budget(subject):
    """How many bytes its cases may have."""
    return 31_000 if subject.startswith("filter") else 6_500 if subject.startswith(("order", "path", "request")) else 2_800


def limit(key, answer):
    if not key[0].startswith(("filter", "order")):
        return 25
    return 4 if "ok" in answer else 30


def main():
    chosen, counts = {}, {}
    for subject, values in WRITTEN.items():
        chosen[subject] = [[value, short(oracle.ask(subject, value))] for value in values]
    found = [(subject, value) for subject, value in cases.random_cases(SEED, COUNTS) if len(json.dumps(value)) <= (MAX_LENGTH if subject.startswith(("filter", "order", "path")) else 300)]
    random.Random(SEED).shuffle(found)
    sizes = {}
    for subject, value in found:
        answer = short(oracle.ask(subject, value))
        key = signature(subject, value, answer)
        if counts.get(key, 0) >= limit(key, answer):
            continue
        line = json.dumps([value, answer], ensure_ascii=False, separators=(",", ":"))
        try:
            line.encode()
        except UnicodeEncodeError:
            continue
        known = chosen.setdefault(subject, [])
        size = sizes.get(subject, 0) + len(line.encode()) + 2
        if size > budget(subject) or [value, answer] in known:
            continue
        counts[key] = counts.get(key, 0) + 1
        sizes[subject] = size
        known.append([value, answer])
    lines = []
    for subject in sorted(chosen):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in chosen[subject])
        lines.append(f"{json.dumps(subject)}:[\n{rows}\n]")
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(f'{{"mlflow":{json.dumps(oracle.VERSION)},"seed":{SEED},"cases":{{\n' + ",\n".join(lines) + "\n}}\n")
    print(sum(map(len, chosen.values())), "cases,", sum(sizes.values()), "bytes", {key: len(rows) for key, rows in chosen.items()})


main()
