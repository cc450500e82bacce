"""Faults behind `mockreel run`: the program receives them through proxy and TLS, and the summary has them."""

import pytest
from proxy.intercept.conftest import Play

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")

# Asks twice, so that the second request shows that all goes on.
CALL = """
import httpx
with httpx.Client(headers={"Authorization": "Bearer rf_live_k"}, timeout=20) as client:
    for _ in range(2):
        try:
            print(client.get("https://api.runflow.io/v1/runs").status_code)
        except httpx.TransportError as problem:
            print(type(problem).__name__)
"""
# Below TLS, where a reset can be distinguished from an end.
LOOK = """
import os, socket, ssl
host, _, port = os.environ["HTTPS_PROXY"].rpartition("/")[2].rpartition(":")
plain = socket.create_connection((host, int(port)), timeout=20)
plain.sendall(b"CONNECT api.runflow.io:443 HTTP/1.1\\r\\nHost: api.runflow.io:443\\r\\n\\r\\n")
plain.recv(1000)
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
secured = context.wrap_socket(plain, server_hostname="api.runflow.io")
secured.sendall(b"GET /v1/runs HTTP/1.1\\r\\nHost: api.runflow.io\\r\\nAuthorization: Bearer rf_live_k\\r\\n\\r\\n")
below = socket.socket(fileno=secured.detach())
below.settimeout(20)
try:
    while below.recv(4096):
        pass
    print("an end")
except ConnectionResetError:
    print("a reset")
"""


@pytest.mark.parametrize(
    ("fault", "output", "reported"),
    [
        ("reset", "RemoteProtocolError", "list_runs not answered (fault reset)"),
        ("close", "RemoteProtocolError", "list_runs not answered (fault close)"),
        ("truncated", "RemoteProtocolError", "list_runs 200 (fault truncated)"),
        ("garbage", "RemoteProtocolError", "list_runs 200 (fault garbage)"),
        ("gateway; status=504", "504", "list_runs 504 (fault gateway; status=504)"),
        ("delay; seconds=0.02", "200", "list_runs 200 (fault delay; seconds=0.02)"),
    ],
)
def test_an_unchanged_program_meets_a_fault(play: Play, fault: str, output: str, reported: str) -> None:
    """Once, as the rule says; its next request is answered."""
    played = play("-c", CALL, faults=(f"{fault}; operation=list_runs; nth=1",))

    assert played.output.split()[:2] == [output, "200"]
    assert reported in played.lines


@pytest.mark.parametrize(("fault", "output"), [("reset", "a reset"), ("close", "an end")])
def test_a_reset_reaches_the_program_as_a_reset(play: Play, fault: str, output: str) -> None:
    """Below TLS; an end is no reset."""
    assert output in play("-c", LOOK, faults=(fault,)).output
