"""An app that makes videos with Runflow: it submits a run, and keeps what the webhook says. Standard library only."""

import hashlib
import hmac
import json
import os
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

API, KEY = os.environ["RUNFLOW_BASE_URL"], os.environ["RUNFLOW_API_KEY"]
SECRET, PUBLIC_URL = os.environ["RUNFLOW_WEBHOOK_SECRET"].encode(), os.environ["PUBLIC_URL"]
videos: dict[str, dict[str, str | None]] = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, videos)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/videos":
            run = submit(json.loads(body)["prompt"])
            videos[run["id"]] = {"status": run["status_code"], "url": None}
            self.answer(202, {"id": run["id"]})
        elif not hmac.compare_digest(sign(body), self.headers.get("Runflow-Signature", "")):
            self.answer(401, {"error": "not signed"})
        else:
            event = json.loads(body)
            outputs = (event.get("output") or {}).get("outputs") or [{"url": None}]
            videos[event["run_id"]] = {"status": event["status"], "url": outputs[0]["url"]}
            self.answer(200, {})

    def answer(self, status: int, value: object) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


def submit(prompt: str) -> dict[str, str]:
    body = json.dumps({"input": {"prompt": prompt}, "callback_url": f"{PUBLIC_URL}/webhook"}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{API}/v1/models/google/veo3.1/lite/runs", body, headers)
    with urllib.request.urlopen(request) as response:
        found: dict[str, str] = json.load(response)
        return found


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000")))
    ThreadingHTTPServer(address, Handler).serve_forever()
