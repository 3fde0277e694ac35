"""Fills the folder `mlruns` beside this file with one of everything, as MLflow's own file store writes it, for tests/cli/import.test.ts.

    MLFLOW_ALLOW_FILE_STORE=true python make.py

What names this machine is replaced, so that the folder looks as if it had been copied from another one.
"""

import os
import pathlib
import shutil
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric  # noqa: E402

HERE = pathlib.Path(__file__).parent
ELSEWHERE = "file:///data/mlruns"
NOTE = "Why customers leave: a text with 'quotes', \"double ones\" and more words than a line of eighty characters holds.\nAnd a second line."


def fill(root: pathlib.Path) -> None:
    # The registry looks for logged models where this says.
    mlflow.set_tracking_uri(root.as_uri())
    client = MlflowClient(root.as_uri(), root.as_uri())
    churn = client.create_experiment("churn: a study", tags={"team": "red", "mlflow.note.content": NOTE})

    forest = client.create_run(churn, start_time=1_700_000_000_000, run_name="forest: the 'first'", tags={"mlflow.user": "ann"}).info.run_id
    for key, value in {"depth": "3", "group/lr": "0.1", "text": "line one\nline two"}.items():
        client.log_param(forest, key, value)
    for step in range(12):
        client.log_metric(forest, "loss", 1 / (step + 1), 1_700_000_000_000 + step, step)
    # Said twice, as log_model does.
    client.log_metric(forest, "loss", 1.0, 1_700_000_000_000, 0)
    for key, value in {"val/auc": 0.75, "nan": float("nan"), "inf": float("inf"), "tiny": 1e-300}.items():
        client.log_metric(forest, key, value, 1_700_000_000_100, 0)
    client.log_text(forest, "hello\n", "notes/hello.txt")
    client.log_text(forest, "", "empty.txt")
    client.log_text(forest, "{}", "deep/er/data with space ü.json")

    data = Dataset(name="train", digest="b2892d90", source_type="code", source='{"tags": {"a": "b"}}', schema='{"x": "long"}', profile='{"rows": 2}')
    client.log_inputs(forest, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    model = client.create_logged_model(churn, "model", forest, {"kind": "tree"}, {"depth": "3"}, "tree").model_id
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "MLmodel").write_text("flavors: {}\n")
        client.log_model_artifacts(model, folder)
    client.log_batch(forest, [Metric("f1", 0.9, 1_700_000_000_200, 3, model_id=model, dataset_name="train", dataset_digest="b2892d90")])
    client.finalize_logged_model(model, "READY")
    client.log_outputs(forest, [LoggedModelOutput(model, 7)])
    client.set_terminated(forest, "FINISHED", 1_700_000_001_000)

    gone = client.create_run(churn, start_time=1_700_000_002_000, run_name="gone").info.run_id
    client.log_metric(gone, "m", 1, 1_700_000_002_000, 0)
    client.log_text(gone, "x", "a.txt")
    client.set_terminated(gone, "FAILED", 1_700_000_003_000)
    client.delete_run(gone)
    client.create_run(churn, start_time=1_700_000_004_000, run_name="runs still")

    dropped = client.create_experiment("dropped")
    client.log_param(client.create_run(dropped, run_name="in the trash").info.run_id, "p", "1")
    client.delete_experiment(dropped)

    client.create_registered_model("churn-model", {"owner": "ann"}, "The model of churn")
    client.create_model_version("churn-model", f"models:/{model}", forest, tags={"v": "1"}, model_id=model)
    client.create_model_version("churn-model", f"runs:/{forest}/notes", forest)
    client.create_model_version("churn-model", f"runs:/{forest}/notes", forest, description="three")
    client.delete_model_version("churn-model", "2")
    client.set_registered_model_alias("churn-model", "champion", "1")
    client.transition_model_version_stage("churn-model", "3", "Staging")
    client.create_registered_model("empty-model")


def forget(root: pathlib.Path) -> None:
    for file in root.rglob("*"):
        if file.is_file():
            file.write_text(file.read_text().replace(root.as_uri(), ELSEWHERE).replace(os.environ.get("USER", "root"), "ann"))


with tempfile.TemporaryDirectory() as folder:
    filled = pathlib.Path(folder, "mlruns")
    fill(filled)
    forget(filled)
    shutil.rmtree(HERE / "mlruns", ignore_errors=True)
    shutil.copytree(filled, HERE / "mlruns")
