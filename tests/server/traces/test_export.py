"""`mockreel serve --traces`: spans reach what the variables of OpenTelemetry name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from support.local_http import QuietHandler, on_free_port, running

from mockreel.client.admin.readiness import wait_until_ready


class _Collector(QuietHandler):
    """Accepts OTLP over HTTP."""

    def do_POST(self) -> None:
        self.server.received.append((self.path, self.read_body()))  # type: ignore[attr-defined]
        self.respond(200)


@pytest.mark.parametrize("word", ["terminate", "interrupt"])
def test_spans_are_sent_before_the_server_ends(tmp_path: Path, word: str) -> None:
    """The last ones, too, whichever signal ends it."""
    ready = tmp_path / "ready.json"
    collector = on_free_port(_Collector)
    received: list[tuple[str, bytes]] = []
    collector.received = received  # type: ignore[attr-defined]
    with running(collector) as port:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "NO_PROXY": "*"}
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
    ((path, body),) = received

    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert (path, process.returncode) == ("/v1/traces", 0)
    assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "mockreel"
    assert [span.name for span in resource.scope_spans[0].spans] == ["GET get_health"]
