"""Records what LightGBM's own TreeSHAP (pred_contrib) says of rows, with its trees as flat arrays; packages/learning/test reads it.

python record-shap.py ../../packages/learning/test/fixtures/shap.json
"""

import json
import sys

import lightgbm as lgb
import numpy as np

rng = np.random.default_rng(7)
PARAMS = {"verbosity": -1, "num_leaves": 12, "min_data_in_leaf": 5, "learning_rate": 0.3, "seed": 1, "num_threads": 1, "deterministic": True}


def flatten(model):
    """Trees one after another, each by depth; the children of a node stand side by side, yes (left) after no (right)."""
    nodes = {key: [] for key in ["features", "thresholds", "yes", "no", "missingYes", "covers", "weights"]}
    roots, classes = [], model["num_tree_per_iteration"]
    targets = []
    for index, tree in enumerate(model["tree_info"]):
        roots.append(len(nodes["features"]))
        queue = [tree["tree_structure"]]
        start = len(nodes["features"])
        done = 0
        while done < len(queue):
            node = queue[done]
            done += 1
            targets.append(index % classes)
            if "leaf_value" in node:
                row = [-1, 0, 0, 0, 0, node.get("leaf_count", 1), node["leaf_value"]]
            else:
                assert node["decision_type"] == "<="
                no, yes = start + len(queue), start + len(queue) + 1
                queue += [node["right_child"], node["left_child"]]
                missing = int(node["default_left"] and node["missing_type"] == "NaN")
                row = [node["split_feature"], node["threshold"], yes, no, missing, node["internal_count"], 0]
            for key, value in zip(nodes, row):
                nodes[key].append(value)
    return nodes | {"roots": roots, "nodeTargets": targets, "targets": classes}


def case(params, x, y, rounds):
    booster = lgb.train(PARAMS | params, lgb.Dataset(x, y), rounds)
    rows = x[:12]
    return {
        "trees": flatten(booster.dump_model()),
        "rows": [[None if np.isnan(value) else value for value in row] for row in rows.tolist()],
        "raw": booster.predict(rows, raw_score=True).reshape(len(rows), -1).tolist(),
        "contributions": booster.predict(rows, pred_contrib=True).tolist(),
    }


x = np.round(rng.normal(size=(400, 5)), 3)
x[rng.random(x.shape) < 0.1] = np.nan
signal = np.nan_to_num(x[:, 0]) * 2 + np.nan_to_num(x[:, 1]) * np.nan_to_num(x[:, 2]) + np.isnan(x[:, 3])
noise = rng.normal(0, 0.3, 400)
recorded = {
    "versions": {"lightgbm": lgb.__version__, "numpy": np.__version__},
    "cases": {
        "regression": case({"objective": "regression"}, x, signal + noise, 8),
        "binary": case({"objective": "binary"}, x, (signal + noise > 0).astype(int), 6),
        "multiclass": case({"objective": "multiclass", "num_class": 3}, x, np.digitize(signal + noise, [-1, 1]), 4),
    },
}
with open(sys.argv[1], "w") as file:
    json.dump(recorded, file)
    file.write("\n")
