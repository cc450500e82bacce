"""Testcontainers for Python: the image as a fixture. Needs `testcontainers` and pytest; build the image before."""

import json
import urllib.request
from collections.abc import Iterator

import pytest
from testcontainers.core.container import DockerContainer

KEY, TOKEN = "rf_live_testcontainers", "a-token-for-local-use"


@pytest.fixture(scope="session")
def mockreel() -> Iterator[DockerContainer]:
    container = (
        DockerContainer("mockreel")
        .with_env("MOCKREEL_KEYS", KEY)
        .with_env("MOCKREEL_TOKEN", TOKEN)
        .with_command("--hold --allow-callback host.docker.internal")
        .with_kwargs(extra_hosts={"host.docker.internal": "host-gateway"})
        .with_exposed_ports(8700, 8701)
    )
    with container:
        container.exec(["/venv/bin/mockreel", "wait", "--timeout", "30"])
        yield container


def test_a_run_is_accepted(mockreel: DockerContainer) -> None:
    url = f"http://localhost:{mockreel.get_exposed_port(8701)}/v1/models/google/veo3.1/lite/runs"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    body = json.dumps({"input": {"prompt": "A paper boat."}}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        assert response.status == 201
