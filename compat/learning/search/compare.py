"""What Optuna comes to on the functions of functions.ts: `compare.py [trials] [seeds]`."""

import math
import sys

import numpy as np
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
trials, seeds = (int(v) for v in (sys.argv[1:] + ["100", "31"])[:2])

ALPHA = np.array([1, 1.2, 3, 3.2])
A = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P = np.array([[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991], [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]])


def branin(trial):
    a, b = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    return (b - 5.1 * a * a / (4 * math.pi**2) + 5 * a / math.pi - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann(trial):
    x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(6)])
    return -float(ALPHA @ np.exp(-(A * (x - P) ** 2).sum(axis=1)))


def mixed(trial):
    rate = trial.suggest_float("rate", 1e-5, 1, log=True)
    units = trial.suggest_int("units", 1, 256, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    part, rounds = trial.suggest_float("part", 0, 1), trial.suggest_int("rounds", 1, 20)
    return 0.3 * (math.log10(rate) + 3) ** 2 + 0.2 * (math.log2(units) - 4) ** 2 + {"a": 1, "b": 0, "c": 0.6}[kind] + 5 * (part - (0.7 if kind == "b" else 0.2)) ** 2 + 0.02 * abs(rounds - 13)


samplers = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "TPE, each range for itself": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=False),
    "TPE": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
}
for name, f in [("Branin (0.3979)", branin), ("Hartmann 6 (-3.322)", hartmann), ("mixed (0)", mixed)]:
    for label, sampler in samplers.items():
        bests = []
        for seed in range(seeds):
            study = optuna.create_study(sampler=sampler(seed))
            study.optimize(f, n_trials=trials)
            bests.append(study.best_value)
        print(f"{name}\t{label}\t{sorted(bests)[seeds // 2]:.4g}\t{sorted(bests)[seeds * 4 // 5]:.4g}", flush=True)
