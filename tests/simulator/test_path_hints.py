"""Hints for unknown paths: in the log and the journal, never in the provider's response."""

import pytest
from server.http_calls import ask
from support.caller import Caller, MakeSimulator

from mockreel.server.socket_server import serving


@pytest.mark.parametrize(
    ("provider", "method", "path", "says"),
    [
        ("runflow", "POST", "/openapi/v2/query", "this is a path of RunningHub: its address is http://rh"),
        ("runflow", "POST", "/v2/video/generations", "this is a path of AI/ML API: its address is http://ai"),
        (
            "aimlapi",
            "POST",
            "/v1/models/google/veo3.1/lite/runs",
            "this is a path of Runflow: its address is http://rf",
        ),
        ("runninghub", "GET", "/v1/runs/1", "this is a path of Runflow"),
        ("runflow", "POST", "/v1/chat/completions", "this is a path of the OpenAI SDK; this server mocks video"),
        ("runninghub", "POST", "/chat/completions", "this is a path of the OpenAI SDK"),
        ("aimlapi", "GET", "/v1/videos/video_1/content", "this is a path of the OpenAI SDK"),
        ("runninghub", "POST", "/v1/messages", "this is a path of the Anthropic SDK"),
        (
            "runflow",
            "POST",
            "/v1/v1/models/google/veo3.1/lite/runs",
            "did you mean /v1/models/google/veo3.1/lite/runs?",
        ),
        ("runflow", "POST", "/models/google/veo3.1/lite/runs", "did you mean /v1/models/google/veo3.1/lite/runs?"),
        ("runflow", "GET", "/api/v1/runs", "did you mean /v1/runs? The base URL is http://rf"),
        ("aimlapi", "POST", "/v1/v2/video/generations", "did you mean /v2/video/generations?"),
        ("runninghub", "POST", "/openapi/v2/openapi/v2/query", "did you mean /openapi/v2/query?"),
        ("runninghub", "POST", "/v2/query", "did you mean /openapi/v2/query?"),
        ("aimlapi", "POST", "/v2/video/generation", "did you mean /v2/video/generations?"),
        ("runninghub", "POST", "/openapi/v2/querry", "did you mean /openapi/v2/query?"),
    ],
)
def test_a_mistake_is_explained(
    provider: str, method: str, path: str, says: str, make_simulator: MakeSimulator
) -> None:
    """Another provider's port, another service's path, a base URL with a segment too many or too few, a letter."""
    simulator = make_simulator()
    for name, url in (("runflow", "http://rf"), ("aimlapi", "http://ai"), ("runninghub", "http://rh")):
        simulator.provider(name).base_url = url
    output = Caller(simulator.provider(provider), "rf_live_one", base_url=simulator.provider(provider).base_url)(
        method, path, {}
    )
    entry = list(simulator.journal)[-1]

    assert entry.row in ("unknown-path", "unknown-model")
    assert entry.notes[0].startswith(says)
    assert list(entry.shown()["notes"]) == list(entry.notes)
    assert says not in output.response.body.decode()


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/v1/nothing/at/all", "/" + "a/" * 400, "/v1//", "//"])
def test_without_a_likely_cause_there_is_no_hint(path: str, make_simulator: MakeSimulator) -> None:
    """No guess is better than a wrong one."""
    simulator = make_simulator()
    for name, provider in simulator.providers.items():
        Caller(provider, "rf_live_one")("GET", path)
        assert list(simulator.journal)[-1].notes == (), name


def test_the_control_port_explains_it_in_its_response_and_in_the_log() -> None:
    """It is no provider, so its response may say so."""
    with serving("runflow", "aimlapi") as server:
        cursor = server.simulator.events.cursor
        status, body, _ = ask(server.control.url, "POST", "/v2/video/generations", {})
        events = [event.row() for event in server.simulator.events.since(cursor).events]

    assert status == 404
    assert f"This is a path of AI/ML API: its address is {server.aimlapi.url}." in body["detail"]
    (event,) = [event for event in events if event["kind"] == "misdirected"]
    assert (event["path"], event["reason"]) == (
        "/v2/video/generations",
        f"this is a path of AI/ML API: its address is {server.aimlapi.url}",
    )
