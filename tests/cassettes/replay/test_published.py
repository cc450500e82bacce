"""Every published exchange that the fact sheets give is a cassette, and every such cassette holds three ways."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.recorded import Document

from mockreel._data import data_root
from mockreel.cassettes import cassettes_of, read_cassette
from mockreel.cassettes.replay.replayer import Replay
from mockreel.contract import providers
from mockreel.contract.data.data_files import read_document
from mockreel.contract.messages.json_text import parsed_json

PATHS = [path for provider in providers() for path in cassettes_of(provider) if path.parent.name == "published"]
TABLE: dict[str, list[dict[str, str]]] = read_document(Path(__file__).with_name("exchanges.yaml"))
ROWS = [(provider, row) for provider, rows in TABLE.items() for row in rows]
# Readings of how a value is written.
OF_VALUES = {"id-format", "timestamps", "first-status"}
REPLAY = Replay()
every = pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parents[2].name}-{path.stem}")


@every
def test_a_published_cassette_holds_three_ways(path: Path) -> None:
    """Valid responses, a client that gets what is stated, and for each difference of the mock a reason that lasts."""
    replayed = REPLAY.replay(read_cassette(path))

    assert (replayed.invalid, replayed.misread, replayed.broke) == ((), (), "")
    assert [str(one.difference) for one in replayed.unexplained] == []
    assert (replayed.gone, replayed.unused) == ((), ())


@every
def test_a_cassette_names_sources_that_are_in_the_table(path: Path) -> None:
    """And its origin is the folder's."""
    cassette = read_cassette(path)
    known = read_document(data_root() / "schemas" / cassette.provider / "sources.yaml")["sources"]

    assert [source for source in cassette.source if source not in known] == []
    assert cassette.origin == path.parent.name
    assert cassette.provider == path.parents[2].name


@every
def test_what_is_filled_in_stands_where_it_says(path: Path) -> None:
    """Each pointer leads somewhere; behind a `#` it goes on inside of the JSON text."""
    document: Any = read_document(path)
    cassette = read_cassette(path)

    assert [one.at for one in cassette.filled if not _leads(document, one.at)] == []
    for callback, row in zip(cassette.callbacks, _told(document).get("callbacks", []), strict=True):
        assert [one.at for one in callback.filled if not _leads(row, one.at)] == []


@every
def test_each_reading_that_a_cassette_names_is_needed(path: Path) -> None:
    """Left out, it changes what comes of the cassette, unless it is about values, which have no shape."""
    cassette = read_cassette(path)
    for left_out in cassette.reading.keys() - OF_VALUES:
        others = {name: option for name, option in cassette.reading.items() if name != left_out}
        replayed = REPLAY.replay(replace(cassette, reading=others))
        assert not (replayed.holds and replayed.tidy), left_out


@every
def test_no_reply_is_the_mock_servers_own(path: Path) -> None:
    """What our own server answered proves nothing about a provider, and is never stored."""
    headers = [name.lower() for one in read_cassette(path).exchanges for name, _ in one.reply_headers]

    assert [name for name in headers if name.startswith("mockreel")] == []


def _told(document: Document) -> Document:
    found: Document = document["metadata"]["mockreel"]
    return found


def _leads(document: Any, pointer: str) -> bool:
    """Whether a pointer leads to a value; what a source has beyond a list's end is filled in by leaving it out."""
    outer, _, inner = pointer.partition("#")
    found = list(_values([document], outer))
    if not inner:
        return bool(found)
    parsed = [orjson.loads(text) for text in found]
    return bool(list(_values(parsed, inner)) or list(_values(parsed, inner.rpartition("/")[0])))


def _values(values: list[Any], pointer: str) -> Iterator[Any]:
    for step in pointer.split("/")[1:]:
        values = [inner for value in values for inner in _step(value, step)]
    yield from values


def _step(value: Any, step: str) -> list[Any]:
    if isinstance(value, list):
        return value if step == "*" else value[int(step) : int(step) + 1] if step.isdecimal() else []
    return [value[step]] if isinstance(value, dict) and step in value else []


@pytest.mark.parametrize(("provider", "row"), ROWS, ids=lambda row: row if isinstance(row, str) else row["sheet"][:30])
def test_every_published_exchange_has_a_cassette_or_a_reason(provider: str, row: dict[str, str]) -> None:
    """The cassette that a row names is there, and names the row's source."""
    if "left_out" in row:
        assert len(row["left_out"]) > 15
        return
    path = data_root() / "contracts" / provider / "cassettes" / "published" / f"{row['cassette']}.yaml"
    assert row["source"] in read_cassette(path).source


def test_every_published_cassette_is_in_the_table() -> None:
    """So that the list and the folder stay in step."""
    listed = {(provider, row["cassette"]) for provider, row in ROWS if "cassette" in row}

    assert {(path.parents[2].name, path.stem) for path in PATHS} == listed


@pytest.mark.parametrize("provider", list(TABLE))
def test_the_table_has_every_exchange_of_the_fact_sheet(provider: str) -> None:
    """Each row is found in the sheet; each message that the sheet shows is in a cassette, or left out with a reason."""
    if "MOCKREEL_DOCS" not in os.environ:
        pytest.skip("MOCKREEL_DOCS does not name the providers' docs, so their list is not compared")
    docs = Path(os.environ["MOCKREEL_DOCS"])
    sheet = (docs / provider / "facts.md").read_text("utf-8")
    later = "".join(path.read_text("utf-8") for path in (docs / "NEW-FACTS.md", *docs.glob("evidence-*.md")))
    assert [row["sheet"] for row in TABLE[provider] if row["sheet"] not in sheet + later] == []

    left_out = [row["sheet"] for row in TABLE[provider] if "left_out" in row]
    shown = [text for text in _examples(sheet) if not any(one in text for one in left_out)]
    held = list(_bodies(provider))
    assert shown
    assert [text for text in shown if not any(_shows(text, *body) for body in held)] == []


def _bodies(provider: str) -> Iterator[tuple[Any, set[str]]]:
    """Every body of the published cassettes, with the places in it that are filled in."""
    for path in (path for path in PATHS if path.parents[2].name == provider):
        cassette = read_cassette(path)
        filled = {one.at.partition("#")[2] for one in cassette.filled} - {""}
        for one in cassette.exchanges:
            yield from ((found, filled) for body in (one.body, one.reply) if (found := parsed_json(body)) is not None)
        for callback in cassette.callbacks:
            yield parsed_json(callback.body), {one.at.partition("#")[2] for one in callback.filled} - {""}


def _shows(text: str, held: Any, filled: set[str]) -> bool:
    """Whether a body is what a sheet shows, or holds it, but for what is filled in."""
    try:
        shown = orjson.loads(text)
    except orjson.JSONDecodeError:
        return True  # cut short in the sheet itself; its row says which cassette it is
    return any(all(place in filled for place in _apart(shown, part, at)) for at, part in _parts(held))


def _parts(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    yield at, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from _parts(part, f"{at}/{step}")


def _apart(shown: Any, held: Any, at: str = "") -> Iterator[str]:
    """Each place at which a shown value is not the held one; `...` stands for what a source cuts short."""
    if isinstance(shown, dict) and isinstance(held, dict):
        for key in shown.keys() | held.keys():
            if key in shown and key in held:
                yield from _apart(shown[key], held[key], f"{at}/{key}")
            else:
                yield f"{at}/{key}"
    elif isinstance(shown, list) and isinstance(held, list) and len(shown) == len(held):
        for number, (one, other) in enumerate(zip(shown, held, strict=True)):
            yield from _apart(one, other, f"{at}/{number}")
    elif shown != held and not (isinstance(shown, str) and ("..." in shown or "<" in shown) and isinstance(held, str)):
        yield at


def _examples(sheet: str) -> Iterator[str]:
    """The messages of the sheet's section of published examples."""
    section = re.split(r"^#+ .*(?:published JSON examples|JSON examples published).*$", sheet, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, flags=re.MULTILINE)[0]
    for line in section.splitlines():
        if line.startswith("{"):
            yield line
        else:
            yield from re.findall(r"`(\{.*?\})`", line)


def test_all_cassettes_are_replayed_by_one_command() -> None:
    """How long that takes is measured by `nox -s bench -- startup`."""
    done = subprocess.run([sys.executable, "-m", "mockreel", "replay"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
