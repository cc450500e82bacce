"""What is accepted can be shown: one limit for reading and for writing."""

import orjson
import pytest
from server.admin.control_rig import Admin, OpenAdmin

DEPTHS = (199, 200, 201, 253, 254, 255, 256, 500, 1000, 1024, 1025, 5000)
NUMBERS = (b"1" * 300, b"-" + b"9" * 400, b"1e999", b"0." + b"1" * 400, b"18446744073709551616", b"9" * 5000)
SHOWN = ("journal?bodies=true", "journal/har", "jobs", "deliveries", "snapshot", "page/", "page/journal")
KEY = {"authorization": "Bearer a-key-of-somebody-here", "content-type": "application/json"}
SUBMITS = {
    "runflow": "/v1/models/google/veo3.1/lite/runs",
    "aimlapi": "/v2/video/generations",
    "runninghub": "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video",
}
FIELDS = (b'{"input":{"prompt":%b}}', b'{"input":{"prompt":"x"},"metadata":%b}', b'{"prompt":%b}', b"%b", b'{"a":%b')


def _shows_everything(admin: Admin) -> None:
    paths = [*SHOWN]
    for provider in admin.simulator.providers.values():
        paths += [f"jobs/{provider.name}/{job.id}" for job in provider.jobs]
        paths += [f"page/jobs/{provider.name}/{job.id}" for job in provider.jobs]
    paths += [f"page/journal/{number}" for number, _ in admin.simulator.journal.numbered()]
    for path in paths:
        answer = admin.client.get(f"/_mockreel/{path}", headers={"accept": "text/html" if "page" in path else "*/*"})
        assert answer.status_code == 200, (path, answer.text[:200])


@pytest.mark.parametrize("name", SUBMITS)
def test_what_was_sent_can_be_shown(open_admin: OpenAdmin, name: str) -> None:
    """However deep it is, and whatever numbers stand in it."""
    admin = open_admin(name)
    values = [b"[" * depth + b"1" + b"]" * depth for depth in DEPTHS]
    values += [b'{"a":' * depth + b"1" + b"}" * depth for depth in DEPTHS]
    for value in (*values, *NUMBERS):
        for field in FIELDS:
            answer = admin.client.post(SUBMITS[name], content=field % value, headers=KEY)
            assert answer.status_code < 500, (field, value[:30], answer.text)

    _shows_everything(admin)


@pytest.mark.parametrize(
    "path", ["rules", "clock/speed", "clock/advance", "balances", "readings", "restore", "journal/assert"]
)
def test_the_control_api_refuses_what_is_too_deep(open_admin: OpenAdmin, path: str) -> None:
    """With a reason."""
    admin = open_admin("runflow")
    for depth in DEPTHS:
        for opens, closes in ((b"[", b"]"), (b'{"a":', b"}")):
            body = b'{"provider":"runflow","body":' + opens * depth + b"1" + closes * depth + b"}"
            answer = admin.client.post(f"/_mockreel/{path}", content=body, headers=KEY)
            assert answer.status_code in (200, 400, 404, 409), (depth, answer.text)
    for number in NUMBERS:
        for name in ("seconds", "speed", "nth", "times", "balance"):
            body = b'{"provider":"runflow","account":"x","%b":%b}' % (name.encode(), number)
            answer = admin.client.post(f"/_mockreel/{path}", content=body, headers=KEY)
            assert answer.status_code < 500, (name, number[:30], answer.text)
    assert orjson.loads(admin.client.get("/_mockreel/clock").content)["now"] >= 0


def test_a_page_of_any_number_can_be_requested(open_admin: OpenAdmin) -> None:
    """What is echoed is a number that every reader takes."""
    admin = open_admin("runninghub")
    provider = admin.simulator.provider("runninghub")
    paged = [one for one in provider.contract.operations if one.id in ("list_apps", "list_resources", "list_assets")]
    for operation in paged:
        for number in (b"1e300", b"-1e300", b"9007199254740993", b"0", b"40.0"):
            fields = (b"current", b"size", b"pageNumber", b"pageSize")
            body = b"{" + b",".join(b'"%b":%b' % (name, number) for name in fields) + b"}"
            answer = admin.client.request(operation.method, operation.path, content=body, headers=KEY)
            assert answer.json() is not None
            assert admin.simulator.journal.numbered()[-1][1].row != "internal-error"
    assert paged


@pytest.mark.parametrize("nth", ["\u00b2", "9" * 5000, "-1", "1e5", "\u0663"])
def test_a_number_in_a_text_is_one_or_refused(open_admin: OpenAdmin, nth: str) -> None:
    """Digits of other scripts, and more of them than anybody counts."""
    assert open_admin("runflow").post("rules", {"scenario": "fail", "nth": nth}, 400)["detail"]
