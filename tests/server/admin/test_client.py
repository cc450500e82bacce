"""The Python client, over a real socket."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.caller import FOURTH, START

from mockreel.cli.ready_file import write_ready_file
from mockreel.client.admin import ControlClient
from mockreel.errors import ControlError, ControlUnreachable, DataError, OptionError
from mockreel.server import serving
from mockreel.server.admin.control_routes import ROWS
from mockreel.server.mock_server import MockServer

KEY = {"authorization": "Bearer en_user_one_of_many"}


@pytest.fixture
def server() -> Iterator[MockServer]:
    with serving("encore", data=FOURTH, held=True, start=START) as server:
        yield server


@pytest.fixture
def control(server: MockServer) -> Iterator[ControlClient]:
    with ControlClient(server.control.url) as control:
        yield control


def submit(server: MockServer, **more: Any) -> str:
    body = {"model": "solo", "input": {"prompt": "a red door"}, **more}
    answer = httpx2.post(f"{server.encore.url}/v1/jobs", json=body, headers=KEY, trust_env=False)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_clock_is_moved(control: ControlClient) -> None:
    """Each method gives the clock as it is then."""
    assert (control.clock().now, control.clock().held) == (START, True)
    assert control.advance(5).now == START + 5
    assert control.advance(0).ran == 0
    assert control.set_speed(60).speed == 60.0
    assert control.resume().held is False
    assert control.hold().held is True


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_sent(control: ControlClient, seconds: float) -> None:
    """JSON has no word for it."""
    with pytest.raises(OptionError, match=rf"seconds: {seconds} is not valid. Valid: a finite number"):
        control.advance(seconds)


def test_jobs_are_listed_and_ended(control: ControlClient, server: MockServer) -> None:
    """By hand, and shown whole."""
    ids = [submit(server) for _ in range(3)]

    page = control.jobs(limit=2)
    rest = control.jobs(limit=2, after=page.next)
    assert [job.id for job in (*page, *rest)] == ids[::-1]
    assert (len(page), page.count, rest.next) == (2, 3, None)

    assert control.complete_job("encore", ids[0]).state == "done"
    assert control.fail_job("encore", ids[1], code="stage-fright").failure == "stage-fright"
    assert control.cancel_job("encore", ids[2], reason="enough").state == "dropped"
    whole = control.get_job("encore", ids[1])
    assert whole.why is not None
    assert (whole.why["code"], whole.input) == ("stage-fright", {"prompt": "a red door"})
    assert [job.id for job in control.jobs(state="failed")] == [ids[1]]


def test_callbacks_are_listed_and_sent_again(control: ControlClient, server: MockServer) -> None:
    """To where nobody listens, here."""
    id_ = submit(server, tell="http://127.0.0.1:9/hook")
    control.advance(100)

    (delivery,) = control.deliveries(job=id_)
    assert (delivery.status, len(delivery.attempts)) == ("failed", 3)
    assert control.resend_delivery("encore", delivery.id).status == "pending"
    control.advance(0)
    assert len(control.get_delivery("encore", delivery.id).attempts) == 4


def test_the_journal_is_queried_and_asserted(control: ControlClient, server: MockServer) -> None:
    """A verdict is true where the claim holds, and says why where it does not."""
    id_ = submit(server)

    (entry,) = control.journal(operation="create_job", bodies=True)
    assert entry.body["input"] == {"prompt": "a red door"}
    assert control.get_exchange(entry.number) == entry
    assert control.requested(operation="create_job", times=1, body={"input": {"prompt": "a red door"}})
    verdict = control.requested(operation="get_job")
    assert (bool(verdict), "Nearest first:" in verdict.message) == (False, True)
    assert control.requested_in_order({"operation": "create_job"})
    assert [one.state for one in control.changes(job=id_)] == ["waiting"]
    assert control.har()["log"]["version"] == "1.2"


def test_rules_balances_and_readings_are_set(control: ControlClient, server: MockServer) -> None:
    """And removed again."""
    rule = control.add_rule(scenario="fail", nth=2)
    assert control.rules() == (rule,)
    assert control.remove_rule(rule.id) == ()
    control.add_rule(fault={"name": "reset"})
    control.clear_rules()
    assert control.rules() == ()
    submit(server)
    assert control.set_balance("encore", "account-1", Decimal("2.50")).left == "2.5"
    assert [one.limited for one in control.balances()] == [True]
    assert control.readings()["encore"]["envelope"]["chosen"] == "wrapped"
    assert control.choose_reading("encore", "envelope", "bare")["encore"]["envelope"]["chosen"] == "bare"
    assert {one["name"] for one in control.faults()} >= {"reset", "delay"}
    assert control.scenarios()["encore"]["default"] == "succeed"


def test_the_state_is_saved_restored_and_reset(control: ControlClient, server: MockServer) -> None:
    """A snapshot is a document, and restoring it brings everything back."""
    id_ = submit(server)
    document = json.loads(json.dumps(control.snapshot()))
    control.reset()
    assert control.jobs().count == 0

    control.restore(document)

    assert [job.id for job in control.jobs()] == [id_]
    assert control.about()["clock"]["now"] == START


def test_every_operation_has_a_method(control: ControlClient) -> None:
    """But for the documents themselves, and attempts, which come with deliveries."""
    names = {
        "get_clock": "clock",
        "hold_clock": "hold",
        "resume_clock": "resume",
        "advance_clock": "advance",
        "get_entry": "get_exchange",
        "list_entries": "journal",
        "assert_journal": "requested",
        "export_har": "har",
        "reset_simulator": "reset",
        "take_snapshot": "snapshot",
        "restore_snapshot": "restore",
        "describe": "about",
        "describe_provider": "about",
        "list_attempts": "deliveries",
    }
    expected = {names.get(row.handler.__name__, row.handler.__name__.removeprefix("list_")) for row in ROWS}

    assert [name for name in sorted(expected) if not callable(getattr(control, name, None))] == []


def test_a_no_is_an_error_with_its_reason(control: ControlClient) -> None:
    """Status, title, detail, and what would be valid."""
    with pytest.raises(ControlError, match=r"Not found \(404\): job of encore: 'x'") as caught:
        control.get_job("encore", "x")
    assert (caught.value.status, caught.value.title) == (404, "Not found")

    with pytest.raises(ControlError) as slip:
        control.jobs(provider="encor")
    assert slip.value.valid == ("encore",)


def test_nothing_there_is_reported_in_a_sentence() -> None:
    """With what to do."""
    with (
        ControlClient("http://127.0.0.1:9") as control,
        pytest.raises(ControlUnreachable, match=r"No server answers at http://127.0.0.1:9 .*`mockreel serve`"),
    ):
        control.clock()


def test_another_program_on_the_port_is_recognised(server: MockServer) -> None:
    """A server that is no mock server, or a provider's port of one."""
    with ControlClient(server.encore.url) as control, pytest.raises(ControlError):
        control.clock()


def test_it_is_found_by_its_ready_file(server: MockServer, tmp_path: Path) -> None:
    """As `serve --ready-file` writes it."""
    path = tmp_path / "ready.json"
    write_ready_file(path, server.ready(1))

    with ControlClient.from_ready_file(path) as control:
        assert control.url == server.control.url
        assert control.clock().now == START


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"control": 5}', "\\"])
def test_what_is_no_ready_file_is_reported(text: str, tmp_path: Path) -> None:
    """One that is not there means that nothing is served."""
    path = tmp_path / "ready.json"
    with pytest.raises(ControlUnreachable, match="there is no such file"):
        ControlClient.from_ready_file(path)
    path.write_text(text)

    with pytest.raises(DataError, match="it is not a ready file"):
        ControlClient.from_ready_file(path)


def test_the_token_is_sent() -> None:
    """If one is requested."""
    from mockreel.engine.accounts.account import KeyEntry  # noqa: PLC0415

    token = "a-token-of-24-signs-here"
    options: Any = {"host": "0.0.0.0", "keys": [KeyEntry("k", "a")], "token": token, "data": FOURTH}
    with serving("encore", **options) as server:
        url = server.control.url.replace("0.0.0.0", "127.0.0.1")
        with ControlClient(url, token=token) as control:
            assert control.clock().due == 0
        with ControlClient(url) as stranger, pytest.raises(ControlError, match="needs its token"):
            stranger.clock()
