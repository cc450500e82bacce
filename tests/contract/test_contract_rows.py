"""The rows that `build` has read from YAML: used while the text is the same, and never instead of another one."""

from pathlib import Path
from typing import Any

import orjson

from mockreel.contract.data.contract_rows import FILE, ContractRows, parsed_rows

TEXT = "states: {done: {word: 完了, after: 1.5}}\n"


def folder(tmp_path: Path, text: str) -> Path:
    """A contract's folder with one file, as `build` leaves it."""
    (tmp_path / "lifecycle.yaml").write_text(text, encoding="utf-8")
    (tmp_path / FILE).write_bytes(orjson.dumps(parsed_rows(tmp_path)))
    return tmp_path


def test_a_text_that_is_the_same_is_not_read_again(tmp_path: Path) -> None:
    """What stands in the built file is used."""
    home = folder(tmp_path, TEXT)
    built: dict[str, Any] = orjson.loads((home / FILE).read_bytes())
    assert built["lifecycle.yaml"]["value"] == {"states": {"done": {"word": "完了", "after": 1.5}}}
    built["lifecycle.yaml"]["value"] = {"taken": True}
    (home / FILE).write_bytes(orjson.dumps(built))

    assert ContractRows(home).read("lifecycle.yaml") == {"taken": True}


def test_a_text_that_has_changed_is_read(tmp_path: Path) -> None:
    """An edit of YAML takes effect at the next start, also without a build."""
    home = folder(tmp_path, TEXT)
    (home / "lifecycle.yaml").write_text(TEXT.replace("done", "over"), encoding="utf-8")

    assert list(ContractRows(home).read("lifecycle.yaml")["states"]) == ["over"]


def test_a_document_belongs_to_whom_reads_it(tmp_path: Path) -> None:
    """A change of one is none of the next."""
    rows = ContractRows(folder(tmp_path, TEXT))
    rows.read("lifecycle.yaml").clear()

    assert rows.read("lifecycle.yaml")


def test_what_json_cannot_hold_stays_yaml(tmp_path: Path) -> None:
    """A number as a key, for example."""
    home = folder(tmp_path, "200: fine\n")

    found: Any = ContractRows(home).read("lifecycle.yaml")

    assert parsed_rows(home) == {}
    assert found == {200: "fine"}
