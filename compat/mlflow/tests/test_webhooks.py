"""Webhooks: kept, listed, changed, deleted; and sent to somebody who checks their signature."""

import base64
import hashlib
import hmac
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

# An address that nobody is asked at: all of these are disabled.
URL = "https://1.1.1.1/hook"


@pytest.fixture
def webhook(client, unique):
    made = client.create_webhook(unique("hook"), URL, ["model_version.created"], description="why", secret="secret", status="DISABLED")
    yield made
    if made.webhook_id in [one.webhook_id for one in client.list_webhooks()]:
        client.delete_webhook(made.webhook_id)


def test_a_webhook_is_found_as_it_was_made(client, webhook):
    found = client.get_webhook(webhook.webhook_id)
    assert found.name == webhook.name and found.url == URL and found.description == "why" and str(found.status) == "DISABLED"
    assert [str(event) for event in found.events] == ["model_version.created"]
    assert found.creation_timestamp <= found.last_updated_timestamp


def test_its_secret_is_never_told(api, webhook):
    answer = api("GET", f"/api/2.0/mlflow/webhooks/{webhook.webhook_id}")
    assert answer.status_code == 200 and '"secret"' not in answer.text


def test_a_webhook_is_changed_in_part(client, webhook):
    client.update_webhook(webhook.webhook_id, description="better", events=["registered_model.created", "model_version_alias.created"])
    found = client.get_webhook(webhook.webhook_id)
    assert found.description == "better" and found.name == webhook.name and found.url == URL
    assert sorted(str(event) for event in found.events) == ["model_version_alias.created", "registered_model.created"]


def test_webhooks_are_listed_in_pages(client, unique):
    made = {client.create_webhook(unique("hook"), URL, ["prompt.created"], status="DISABLED").webhook_id for _ in range(3)}
    found, token = [], None
    while True:
        page = client.list_webhooks(max_results=2, page_token=token)
        found, token = found + [one.webhook_id for one in page], page.token
        if not token:
            break
    assert made <= set(found)
    for one in made:
        client.delete_webhook(one)


def test_a_deleted_webhook_is_gone(client, webhook, refused):
    client.delete_webhook(webhook.webhook_id)
    for act in (client.get_webhook, client.delete_webhook, client.test_webhook):
        with refused("RESOURCE_DOES_NOT_EXIST"):
            act(webhook.webhook_id)


@pytest.mark.parametrize("name", ["", " ", "-a", "a" * 64, "a/b"])
def test_some_names_are_refused(client, refused, name):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_webhook(name, URL, ["prompt.created"], status="DISABLED")


@pytest.mark.parametrize("url", ["", "no url", "ftp://1.1.1.1/x", "file:///etc/passwd"])
def test_some_addresses_are_refused(client, refused, unique, url):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_webhook(unique(), url, ["prompt.created"], status="DISABLED")


def test_a_webhook_without_events_is_refused(client, refused, unique):
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_webhook(unique(), URL, [], status="DISABLED")


@pytest.fixture
def receiver():
    """A server on this machine that keeps what it is sent."""
    received = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.put((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    received.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield received
    server.shutdown()


def check_signature(headers, body):
    headers = {name.lower(): value for name, value in headers.items()}
    signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.{body.decode()}"
    expected = base64.b64encode(hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()).decode()
    assert headers["x-mlflow-signature"] == f"v1,{expected}"


def test_what_happens_is_sent_and_signed(client, unique, model, receiver):
    """The runner lets the server send to this machine, which it would refuse by itself."""
    hook = client.create_webhook(unique("hook"), receiver.url, ["model_version_tag.set"], secret="secret")
    client.create_model_version(model, "s3://bucket/x")
    client.set_model_version_tag(model, "1", "colour", "blue")
    try:
        headers, body = receiver.get(timeout=20)
    finally:
        client.delete_webhook(hook.webhook_id)
    check_signature(headers, body)
    message = json.loads(body)
    assert (message["entity"], message["action"]) == ("model_version_tag", "set") and message["timestamp"]
    assert message["data"] == {"name": model, "version": "1", "key": "colour", "value": "blue"}


def test_a_webhook_may_be_tried(client, unique, receiver):
    hook = client.create_webhook(unique("hook"), receiver.url, ["registered_model.created"], secret="secret", status="DISABLED")
    result = client.test_webhook(hook.webhook_id)
    client.delete_webhook(hook.webhook_id)
    assert result.success and result.response_status == 200
    headers, body = receiver.get(timeout=5)
    check_signature(headers, body)
    assert json.loads(body)["entity"] == "registered_model"
