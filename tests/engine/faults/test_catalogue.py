"""The catalogue is complete: every fault and parameter is tested, documented, and shown where it can be chosen."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from engine.faults import expected, test_callbacks
from tools.pages import page

from mockreel.cli import group
from mockreel.contract.messages.message import Response
from mockreel.engine.faults import Fault, Kind, catalogue, kind_of, names, read_fault
from mockreel.engine.faults.response_effects import in_place_of_an_answer, spoilt, steps
from mockreel.errors import FaultError

every_kind = pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.name)
TESTED = [read_fault(text) for text in (*expected.EXPECTED, *test_callbacks.EXPECTED)]


def test_every_fault_is_seen_by_a_real_client() -> None:
    """Over a real socket, in the tables of what is expected."""
    assert {fault.name for fault in TESTED} == set(names())


@every_kind
def test_every_parameter_is_played_off_its_default(kind: Kind) -> None:
    """Somewhere among the tests of this folder."""
    texts = "\n".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    texts += Path(expected.__file__).read_text("utf-8")
    played = set(re.findall(rf"\b{kind.name}((?:; [\w-]+=[\w./-]+)*)", texts))
    found = {name for one in played for name in re.findall(r"; ([\w-]+)=", one)}

    assert {parameter.name for parameter in kind.parameters} - found == set()


@every_kind
def test_every_fault_has_its_row_in_the_docs(kind: Kind) -> None:
    """The table is generated; this is that it is there."""
    assert f"| `{kind.name}` |" in page("docs/reference/faults.md").text


@every_kind
def test_every_fault_has_a_name_of_its_own_and_says_what_it_does(kind: Kind) -> None:
    """In sentences; the parameters too, each with a default within its bounds."""
    assert kind_of(kind.name) is kind
    assert names().count(kind.name) == 1
    assert kind.says.endswith(".")
    assert kind.sees
    for parameter in kind.parameters:
        assert parameter.default is None or parameter.read(parameter.default, of=kind.name) == parameter.default
        assert parameter.valid == parameter.row()["valid"]


@every_kind
def test_a_fault_without_a_handler_has_a_response(kind: Kind) -> None:
    """And what needs the connection says so by its steps."""
    fault = Fault.of(kind.name)
    if kind.sort == "callback":
        return
    if not fault.handled:
        assert in_place_of_an_answer(fault).status in (0, 403, 429, 502)
    if fault.handled and spoilt(fault, Response(200, b"{}")).fault is None:
        assert not kind.wire  # another response is all that it needs
        return
    taken = list(steps(fault, Response(200, b"0123456789"), headers=[(b"content-length", b"10")], head=False))
    assert any(type(step).__name__ in ("Raw", "Reset", "Close") for step in taken) == kind.wire or not fault.handled


def test_the_command_lists_them(tmp_path: Path) -> None:
    """All, one, or as JSON; an unknown name is rejected with the known ones."""
    runner = CliRunner()
    shown = runner.invoke(group, ["faults"]).output
    one = runner.invoke(group, ["faults", "gateway"]).output
    listed = json.loads(runner.invoke(group, ["faults", "--json"]).output)

    assert [line.split()[0] for line in shown.splitlines() if not line.startswith((" ", "FAULT"))] == names()
    assert "502, 503, 504, 524; default: 502" in one
    assert [row["name"] for row in listed] == names()
    with pytest.raises(FaultError, match="'dely' is not valid"):
        runner.invoke(group, ["faults", "dely"], catch_exceptions=False)
