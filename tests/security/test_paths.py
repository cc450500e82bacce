"""A path leads to what the mock server has made, and to no file: however its dots and slashes are written."""

import pytest
from security.wires import KEY, Wires, statuses

from mockreel._data import data_root

UPS = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..%5c", "..\\", "%c0%ae%c0%ae/", "....//", "..;/")
PLACES = (
    "/_mockreel/media/",
    "/_mockreel/uploads/",
    "/_mockreel/static/",
    "/_mockreel/page/",
    "/",
    "/v1/runs/",
)
FILES = ("etc/passwd", "pyproject.toml", "hosting.py")
# What would show that a file was read.
TRACES = (b"root:", b"hatchling", b"import ")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("up", UPS)
def test_no_way_up_leads_to_a_file(wires: Wires, place: str, up: str) -> None:
    """On a provider's port and on the control port, with and without an ending that clips have."""
    for address in ("runflow", "control"):
        for file in FILES:
            for ending in ("", ".mp4", "%00.mp4"):
                line = f"GET {place}{up * 8}{file}{ending} HTTP/1.1\r\n".encode("latin-1")
                output = wires.said(line + b"Host: 127.0.0.1\r\nConnection: close\r\n" + KEY + b"\r\n", address=address)
                assert statuses(output)[0] in (400, 401, 403, 404), output
                assert not [trace for trace in TRACES if trace in output]


def test_a_job_has_no_name_that_a_client_chose(wires: Wires) -> None:
    """Clips and uploads are found by ids that the mock server drew; nothing is written to a disk."""
    uploads = wires.server.simulator.provider("runninghub").uploads
    name = b'filename="../../../../evil.png"'
    body = b"--b\r\nContent-Disposition: form-data; name=file; " + name + b"\r\n\r\nx\r\n--b--\r\n"
    head = (
        b"POST /openapi/v2/media/upload/binary HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer a\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    before = {*data_root().rglob("*evil*")}
    assert wires.statuses(head + body, address="runninghub") == [200]

    assert {*data_root().rglob("*evil*")} == before
    assert not [one.id for one in uploads if "evil" in one.id or "/" in one.id or ".." in one.id]
