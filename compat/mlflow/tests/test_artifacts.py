"""Artifacts: written, listed, fetched and deleted through the server."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

import mlflow
import pytest
from conftest import URI
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository


def files(client, run, path=None):
    return {info.path: (info.is_dir, info.file_size) for info in client.list_artifacts(run, path)}


@pytest.fixture
def repository(client, run):
    return get_artifact_repository(client.get_run(run).info.artifact_uri)


def test_a_run_without_artifacts_lists_none(client, run):
    assert files(client, run) == {}


def test_a_file_comes_back_byte_by_byte(client, run, tmp_path):
    content = bytes(range(256)) * 17
    (tmp_path / "data.bin").write_bytes(content)
    client.log_artifact(run, str(tmp_path / "data.bin"))
    assert files(client, run) == {"data.bin": (False, len(content))}
    (tmp_path / "got").mkdir()
    got = client.download_artifacts(run, "data.bin", str(tmp_path / "got"))
    assert open(got, "rb").read() == content


def test_a_file_may_be_put_into_a_folder(client, run, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    client.log_artifact(run, str(tmp_path / "a.txt"), "some/deep/folder")
    assert files(client, run) == {"some": (True, None)}
    assert files(client, run, "some/deep") == {"some/deep/folder": (True, None)}
    assert files(client, run, "some/deep/folder") == {"some/deep/folder/a.txt": (False, 1)}


def test_a_folder_is_written_and_fetched_whole(client, run, tmp_path):
    tree = {"a.txt": "a", "sub/b.txt": "bb", "sub/deeper/c.txt": "ccc", "sub/deeper/empty": ""}
    for path, text in tree.items():
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(text)
    client.log_artifacts(run, str(tmp_path / "tree"), "put/here")
    (tmp_path / "got").mkdir()
    got = client.download_artifacts(run, "put", str(tmp_path / "got"))
    found = {os.path.relpath(os.path.join(at, name), got): open(os.path.join(at, name)).read() for at, _, names in os.walk(got) for name in names}
    assert found == {f"here/{path}": text for path, text in tree.items()}
    (tmp_path / "part").mkdir()
    part = client.download_artifacts(run, "put/here/sub/deeper", str(tmp_path / "part"))
    assert sorted(os.listdir(part)) == ["c.txt", "empty"]


def test_everything_of_a_run_is_fetched_at_once(client, run):
    client.log_text(run, "a", "a.txt")
    client.log_text(run, "b", "sub/b.txt")
    got = mlflow.artifacts.download_artifacts(run_id=run)
    assert open(os.path.join(got, "a.txt")).read() == "a" and open(os.path.join(got, "sub/b.txt")).read() == "b"
    assert mlflow.artifacts.load_text(f"runs:/{run}/sub/b.txt") == "b"


NAMES = ["with space.txt", "a+b&c=d.txt", "quote'\"s.txt", "semi;colon,comma.txt", "no-extension", ".hidden", "100% sure.txt"]


@pytest.mark.parametrize("name", [*NAMES, pytest.param("ünïcödé-数据-😀.txt", marks=pytest.mark.server("3.17"))])
def test_names_may_be_odd(client, run, tmp_path, name):
    (tmp_path / name).write_text(name)
    client.log_artifact(run, str(tmp_path / name), "folder of mine")
    assert files(client, run, "folder of mine") == {f"folder of mine/{name}": (False, len(name.encode()))}
    (tmp_path / "got").mkdir()
    assert open(client.download_artifacts(run, f"folder of mine/{name}", str(tmp_path / "got"))).read() == name


def test_writing_again_overwrites(client, run):
    client.log_text(run, "one, and much longer", "a.txt")
    client.log_text(run, "two", "a.txt")
    assert files(client, run) == {"a.txt": (False, 3)}
    assert mlflow.artifacts.load_text(f"runs:/{run}/a.txt") == "two"


def test_texts_and_dictionaries_are_written_without_a_file(experiment):
    with mlflow.start_run() as run:
        mlflow.log_text("grüße", "texts/a.txt")
        mlflow.log_dict({"a": [1, 2]}, "a.json")
        mlflow.log_dict({"a": [1, 2]}, "a.yaml")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/texts/a.txt") == "grüße"
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/a.json") == {"a": [1, 2]}
    assert "a:" in mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a.yaml")


def test_tables_grow_and_are_loaded(client, experiment, run):
    client.log_table(run, {"question": ["one"], "score": [1]}, "table.json")
    client.log_table(run, {"question": ["two"], "score": [2]}, "table.json")
    table = client.load_table(experiment, "table.json", run_ids=[run])
    assert list(table["question"]) == ["one", "two"] and list(table["score"]) == [1, 2]
    tag = json.loads(client.get_run(run).data.tags["mlflow.loggedArtifacts"])
    assert tag == [{"path": "table.json", "type": "table"}]


def test_images_and_figures_are_written(client, run):
    import numpy as np
    from matplotlib.figure import Figure

    client.log_image(run, np.zeros((4, 4, 3), dtype=np.uint8), "black.png")
    client.log_image(run, np.zeros((4, 4, 3), dtype=np.uint8), key="steps", step=1)
    figure = Figure()
    figure.subplots().plot([1, 2])
    client.log_figure(run, figure, "plots/line.png")
    assert files(client, run)["black.png"][1] > 0 and files(client, run, "plots")["plots/line.png"][1] > 0
    assert len(files(client, run, "images")) == 2


def test_streams_are_written(client, run):
    import io

    if not hasattr(client, "log_stream"):
        pytest.skip("this client has no log_stream")
    client.log_stream(run, io.BytesIO(b"streamed"), "stream.bin")
    assert files(client, run) == {"stream.bin": (False, 8)}


def test_a_file_has_nothing_below_it_and_neither_has_what_is_not_there(client, run):
    client.log_text(run, "a", "folder/a.txt")
    assert list(client.list_artifacts(run, "folder/a.txt")) == []
    assert list(client.list_artifacts(run, "nothing/here")) == []


@pytest.mark.server("3.17")
def test_what_is_not_there_cannot_be_fetched(client, run):
    with pytest.raises(Exception, match="(?i)not found|no such|no artifact|failed|does not exist"):
        client.download_artifacts(run, "nothing.txt")


def test_artifacts_are_deleted_one_by_one_and_by_folder(client, run, repository):
    for path in ("a.txt", "sub/b.txt", "sub/c.txt", "keep/d.txt"):
        client.log_text(run, "x", path)
    repository.delete_artifacts("a.txt")
    assert set(files(client, run)) == {"keep", "sub"}
    repository.delete_artifacts("sub")
    assert set(files(client, run)) == {"keep"}
    repository.delete_artifacts()
    assert files(client, run) == {}


def test_the_listing_for_other_clients_is_relative_to_the_run(api, client, run):
    client.log_text(run, "a", "folder/a.txt")
    answer = api("GET", "/api/2.0/mlflow/artifacts/list", params={"run_id": run, "path": "folder"}).json()
    assert answer["files"] == [{"path": "folder/a.txt", "is_dir": False, "file_size": 1}]
    assert answer["root_uri"] == client.get_run(run).info.artifact_uri


def test_an_artifact_of_a_run_is_fetched_by_its_path(api, client, run):
    client.log_text(run, "<b>hello</b>", "page.html")
    answer = api("GET", "/get-artifact", params={"run_id": run, "path": "page.html"})
    assert answer.status_code == 200 and answer.text == "<b>hello</b>"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_download_cannot_be_taken_for_a_page(api, client, experiment, run):
    client.log_text(run, "<script>", "page.html")
    answer = api("GET", f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/page.html")
    assert answer.status_code == 200 and answer.text == "<script>"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "attachment; filename=page.html"
    assert answer.headers["content-type"]


def ask_as_it_stands(method, path, body=None):
    """Not by `requests`, which resolves dots before it sends them."""
    request = urllib.request.Request(f"{URI}/api/2.0/mlflow-artifacts/artifacts/{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


ESCAPES = ["../x", "a/../../x", "%2e%2e/x", "..%2fx", "%252e%252e%252fx", "a/%2e%2e/%2e%2e/x", "a/..%2f..%2f..%2fx"]


@pytest.mark.parametrize("path", ESCAPES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_path_leads_out_of_the_store(experiment, run, method, path):
    status = ask_as_it_stands(method, f"{experiment}/{run}/artifacts/{path}", b"x" if method == "PUT" else None)
    assert 400 <= status < 500


@pytest.mark.beyond
@pytest.mark.parametrize("path", ["/etc/passwd", "a\\..\\x", "C:/x", "file:///etc/passwd", "a%00b", "con\x01trol", "%", "%zz"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_hostile_path_is_the_clients_mistake_and_no_failure_of_the_server(experiment, run, method, path):
    quoted = urllib.parse.quote(path, safe="/%:")
    assert ask_as_it_stands(method, f"{experiment}/{run}/artifacts/{quoted}", b"x" if method == "PUT" else None) < 500


@pytest.mark.parametrize("path", ["../..", "..", "/etc", "%2e%2e/%2e%2e", "a/../../.."])
def test_no_listing_leads_out_of_the_store(api, experiment, run, path):
    answer = api("GET", "/api/2.0/mlflow-artifacts/artifacts", params={"path": path})
    assert answer.status_code == 400, answer.text
    assert api("GET", "/api/2.0/mlflow/artifacts/list", params={"run_id": run, "path": path}).status_code == 400
