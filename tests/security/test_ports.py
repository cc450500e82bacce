"""The control port is for this machine's own programs: no page of another origin, no other name, no form opens it."""

import httpx2
import pytest
from security.wires import Wires

CHANGE = "/_mockreel/clock/hold"
JSON = {"content-type": "application/json"}


@pytest.fixture
def control(wires: Wires) -> str:
    """The address of the control API."""
    return wires.server.control.url


def _status(url: str, headers: dict[str, str], *, method: str = "POST", content: bytes = b"{}") -> int:
    return httpx2.request(method, url, headers=headers, content=content, trust_env=False).status_code


def test_a_program_of_this_machine_may(control: str) -> None:
    """With and without the origin that the page itself has."""
    assert _status(control + CHANGE, JSON) == 200
    assert _status(control + CHANGE, {**JSON, "origin": control}) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8700", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "[::]",
        "169.254.169.254", "127.0.0.1@evil.example", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [CHANGE, "/_mockreel/clock", "/_mockreel/jobs", "/_mockreel/"])
def test_another_name_for_this_machine_opens_nothing(control: str, host: str, path: str) -> None:
    """A page whose name is made to lead here (DNS rebinding) sends its own name, reading and writing."""
    method = "POST" if path == CHANGE else "GET"
    assert _status(control + path, {**JSON, "host": host}, method=method) in (400, 403)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example", "file://", "http://[", ""],
)
def test_a_page_of_another_origin_is_refused(control: str, origin: str) -> None:
    """One that stands on another port of this machine too."""
    assert _status(control + CHANGE, {**JSON, "origin": origin}) == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_what_a_form_can_send_changes_nothing(control: str, kind: str) -> None:
    """A browser sends these to any address without asking it before."""
    before = httpx2.get(f"{control}/_mockreel/scenarios", trust_env=False).json()
    for path in ("/_mockreel/rules", CHANGE, "/_mockreel/reset"):
        status = _status(control + path, {"content-type": kind}, content=b'{"scenario": "fail"}')
        assert status in (400, 403, 415), (path, status)
    assert httpx2.get(f"{control}/_mockreel/scenarios", trust_env=False).json() == before


def test_what_a_page_sends_without_a_type_is_refused_for_its_origin(control: str) -> None:
    """A browser names the origin with everything that changes something."""
    assert _status(control + CHANGE, {"origin": "https://evil.example"}, content=b"") == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_marks_as_foreign_is_refused(control: str, site: str) -> None:
    """Also where it sends no origin, as for an image or a link that only reads."""
    assert _status(control + CHANGE, {**JSON, "sec-fetch-site": site}) == 403


def test_no_reply_invites_other_pages(wires: Wires) -> None:
    """No port sends headers that would let another origin read it, also in a preflight response."""
    for address in wires.server.addresses.values():
        for method in ("GET", "OPTIONS"):
            answer = httpx2.request(
                method,
                address.url + "/_mockreel/clock",
                headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
                trust_env=False,
            )
            assert not [name for name in answer.headers if name.startswith("access-control-")]
