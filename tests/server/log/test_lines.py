"""An event as one line to read."""

from typing import Any

import pytest
from support.caller import START

from mockreel.server.log import Lines
from mockreel.simulator.events import Event

REQUEST = {
    "method": "POST",
    "path": "/v1/jobs",
    "operation": "create_job",
    "status": 201,
    "refusal": None,
    "fault": None,
    "violations": [],
    "more_violations": 0,
}
ATTEMPT = {
    "delivery": "d1",
    "callback": "callback",
    "event": "run.completed",
    "attempt": 2,
    "url": "http://127.0.0.1:9/hook",
    "status": 200,
    "error": None,
    "detail": "",
    "forged": False,
    "fault": None,
}


def _event(kind: str, **fields: Any) -> Event:
    return Event(1, START + 1.5, kind, "runninghub", "account-1", "job-1", fields)


def _line(kind: str, **fields: Any) -> str:
    return Lines().line(_event(kind, **fields))


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "→ 201"),
        ({"status": 429, "refusal": "rate-limited"}, "→ 429  rate-limited"),
        ({"status": 0, "fault": "reset"}, "→ no answer  fault reset"),
        (
            {"status": 422, "refusal": "invalid-body", "violations": ["/a: 7 is not a text"], "more_violations": 2},
            "→ 422  invalid-body  /a: 7 is not a text  and 2 more",
        ),
    ],
)
def test_a_request_is_logged_with_its_result(changed: dict[str, Any], outcome: str) -> None:
    """The status, the error response or the injected fault, and what was wrong."""
    line = _line("request", **{**REQUEST, **changed})

    assert line.startswith("00:00:01.500  runninghub  POST /v1/jobs  ")
    assert line[72:] == outcome


def test_the_columns_are_the_same_in_every_line() -> None:
    """What happened begins at one place, what came of it at another, and most lines fit in 80 columns."""
    lines = [
        _line("request", **{**REQUEST, "refusal": None, "violations": []}),
        _line("state", state="done", word="done", state_kind="succeeded"),
        _line("clock", now=START, held=True, speed=1.0),
    ]

    assert {line[70:73] for line in lines} == {"  →", "  ="}
    assert max(map(len, lines[:-1])) <= 80


def test_a_pipe_gets_every_path_whole() -> None:
    """A program that reads the log finds the request."""
    path = "/v1/models/google/veo3.1/lite/" + "x" * 100

    assert f"POST {path}  → " in _line("request", **{**REQUEST, "path": path})


def test_a_terminal_gets_lines_that_fit() -> None:
    """A long path loses its middle, and what came of it goes on below, between words."""
    path = "/v1/models/google/veo3.1/lite/" + "x" * 100
    fields = {**REQUEST, "path": path, "violations": ["/input/duration: '5s' is not one of '4s', '6s' or '8s'"]}

    first, *others = Lines(columns=80).line(_event("request", **fields)).splitlines()

    assert len(first) <= 80
    assert "…" in first
    assert others
    assert all(len(line) <= 80 and line.startswith(" " * 14) for line in others)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "→ 200  http://127.0.0.1:9/hook  for job-1"),
        (
            {"status": None, "error": "timeout", "detail": "no answer"},
            "for job-1  no answer",
        ),
        ({"fault": "lost"}, "→ 200  fault lost  http"),
        ({"forged": True}, "→ 200  by hand  http"),
    ],
)
def test_an_attempt_has_its_number(changed: dict[str, Any], says: str) -> None:
    """And what came of it, where it went, what it tells of."""
    line = _line("attempt", **{**ATTEMPT, **changed})

    assert "webhook run.completed, attempt 2 " in line
    assert says in line


def test_what_a_client_chose_cannot_move_the_terminal() -> None:
    """Neither in its path nor in a message that repeats it; one event is one line."""
    evil = "\x1b]0;owned\x07\n\x9b2J"
    fields = {**REQUEST, "path": evil, "violations": [f"/x: {evil}"]}
    for colours in (False, True):
        line = Lines(colours=colours).line(_event("request", **fields))
        assert "\n" not in line
        assert "\x9b" not in line
        assert line.count("\x1b[") == line.count("\x1b") == (6 if colours else 0)


def test_colours_add_nothing_but_colours() -> None:
    """The text is the same without them."""
    event = _event("request", **REQUEST)
    coloured = Lines(colours=True).line(event)
    for code in ("2", "36", "32", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")

    assert coloured == Lines().line(event)


def test_a_failure_stands_out() -> None:
    """Red for what failed, yellow for an error response, green for what went well."""

    def colour(kind: str, **fields: Any) -> str:
        return Lines(colours=True).line(_event(kind, **fields)).rsplit("\x1b[", 2)[1][:2]

    assert colour("request", **REQUEST) == "32"
    assert colour("request", **{**REQUEST, "status": 404, "refusal": "unknown-path"}) == "33"
    assert colour("request", **{**REQUEST, "status": 500}) == "31"
    assert colour("state", state="f", word="failed", state_kind="failed") == "31"
    assert colour("attempt", **{**ATTEMPT, "status": 500}) == "31"


def test_another_kind_shows_its_fields() -> None:
    """Nothing that is noted is lost."""
    assert _line("contract", readings={"envelope": "bare"}).endswith("readings: envelope=bare")
    assert "balance account-1 job-1" in _line("balance")


def test_files_that_changed_are_reported_with_the_reason() -> None:
    """Why they were not accepted, in full."""
    taken = _line("data", taken=True, files=["a.yaml"], problem=None)
    stored = _line("data", taken=False, files=["a.yaml"], problem="a.yaml /rows: it is not a list. Expected a list.")

    assert taken.endswith("= reloaded: a.yaml")
    assert stored.endswith("= not loaded, the old data stays in use. a.yaml /rows: it is not a list. Expected a list.")
