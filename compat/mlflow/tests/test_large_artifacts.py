"""Artifacts from nothing to 200 MB, and the switches for uploads and downloads in parts."""

import hashlib
import os

import pytest

MB = 1024 * 1024


def write(path, size):
    """A file of bytes that compress badly and are the same each time."""
    block = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(32768))
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for start in range(0, size, len(block)):
            part = block[: size - start]
            file.write(part)
            digest.update(part)
    return digest.hexdigest()


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# MLflow 3.6 needs minutes to answer with 200 MB.
SIZES = [0, 1, 64 * 1024 - 1, 64 * 1024, MB, 10 * MB + 1, pytest.param(200 * MB, marks=pytest.mark.server("3.17"))]


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_what_is_fetched(client, run, tmp_path, size):
    expected = write(tmp_path / "file.bin", size)
    client.log_artifact(run, str(tmp_path / "file.bin"))
    os.remove(tmp_path / "file.bin")
    # MLflow says nothing of the size of an empty file.
    assert [(info.path, info.file_size or 0) for info in client.list_artifacts(run)] == [("file.bin", size)]
    (tmp_path / "got").mkdir()
    assert digest_of(client.download_artifacts(run, "file.bin", str(tmp_path / "got"))) == expected


@pytest.mark.parametrize("switch", [True, False], ids=["on", "off"])
def test_the_switches_for_parts_change_nothing_of_what_arrives(client, run, tmp_path, monkeypatch, switch):
    """A server without parts says 501 in the words that the client knows, which then sends the file whole."""
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", str(switch))
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", str(switch))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(5 * MB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE", str(5 * MB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(5 * MB))
    expected = write(tmp_path / "file.bin", 12 * MB)
    client.log_artifact(run, str(tmp_path / "file.bin"), "in parts")
    (tmp_path / "got").mkdir()
    assert digest_of(client.download_artifacts(run, "in parts/file.bin", str(tmp_path / "got"))) == expected


def test_parts_are_served_or_refused_in_the_words_that_the_client_knows(api, experiment, run):
    path = f"/api/2.0/mlflow-artifacts/mpu/create/{experiment}/{run}/artifacts"
    answer = api("POST", path, json={"path": "file.bin", "num_parts": 2})
    if answer.status_code == 200:
        assert len(answer.json()["credentials"]) == 2
    else:
        assert answer.status_code == 501 and answer.json()["error_code"] == "NOT_IMPLEMENTED"
        assert answer.json()["message"].startswith("Multipart upload is not supported for the current artifact repository")


def test_a_hundred_small_files_are_written_and_listed(client, run, tmp_path):
    for number in range(100):
        (tmp_path / f"{number:03}.txt").write_text(str(number))
    client.log_artifacts(run, str(tmp_path), "many")
    assert [info.path for info in client.list_artifacts(run, "many")] == [f"many/{number:03}.txt" for number in range(100)]


@pytest.mark.beyond
def test_a_part_of_a_file_may_be_fetched(api, client, experiment, run):
    client.log_text(run, "0123456789", "digits.txt")
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/digits.txt"
    answer = api("GET", path, headers={"range": "bytes=2-4"})
    assert answer.status_code == 206 and answer.text == "234"
    assert answer.headers["content-range"] == "bytes 2-4/10"
