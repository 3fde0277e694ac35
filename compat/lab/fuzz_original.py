"""Answers bodies with the original services, without sockets: one JSON line in, one JSON line out."""

import asyncio
import base64
import json
import sys

import httpx
import original_service_a
import original_service_b


class Unreachable:
    """Stands in for httpx, so that a forwarded input is told by its 503."""

    RequestError = httpx.RequestError

    @staticmethod
    def post(*_args, **_kwargs):
        raise httpx.ConnectError("nobody there")


original_service_a.httpx = Unreachable

APPS = {"a": (original_service_a.app, "/process"), "b": (original_service_b.app, "/predict")}


async def answer(service, content_type, body):
    app, path = APPS[service]
    headers = [(b"host", b"x")] + ([] if content_type is None else [(b"content-type", content_type.encode("latin-1"))])
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": headers, "server": ("x", 80), "client": ("x", 1),
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    try:
        await app(scope, receive, send)
    except Exception:
        return {"status": 500}
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return {"status": sent[0]["status"], "body": content.decode()}


async def main():
    for line in sys.stdin:
        question = json.loads(line)
        result = await answer(question["service"], question["type"], base64.b64decode(question["body"]))
        print(json.dumps(result), flush=True)


asyncio.run(main())
