"""`mockreel serve --traces`: spans reach what the variables of OpenTelemetry name."""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mockreel.client.admin.readiness import wait_until_ready


class _Collector(http.server.BaseHTTPRequestHandler):
    """Takes OTLP over HTTP."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize("word", ["terminate", "interrupt"])
def test_spans_are_sent_before_the_server_ends(tmp_path: Path, word: str) -> None:
    """The last ones, too, whichever signal ends it."""
    ready = tmp_path / "ready.json"
    with http.server.HTTPServer(("127.0.0.1", 0), _Collector) as collector:
        collector.taken = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}", "NO_PROXY": "*"}
        words = [
            sys.executable,
            "-m",
            "mockreel",
            "serve",
            "--traces",
            "--port",
            "0",
            "--ready-file",
            str(ready),
            "--quiet",
        ]
        with subprocess.Popen(words, env={**os.environ, **endpoint}) as process:
            wait_until_ready(ready_file=ready)
            url = json.loads(ready.read_text())["runflow"]["url"]
            httpx2.get(f"{url}/v1/health", trust_env=False)
            process.terminate() if word == "terminate" else process.send_signal(2)
        collector.shutdown()
        thread.join()
        ((path, body),) = collector.taken  # type: ignore[attr-defined]

    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert (path, process.returncode) == ("/v1/traces", 0)
    assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "mockreel"
    assert [span.name for span in resource.scope_spans[0].spans] == ["GET get_health"]
