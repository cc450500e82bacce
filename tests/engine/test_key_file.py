"""A keys file, read and checked."""

import traceback
from decimal import Decimal
from pathlib import Path

import pytest
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import check_keys, read_keys
from mockreel.errors import DataError, OptionError

CONTRACT = load_contract("encore", root=FOURTH)
SECRET = "en_user_s3cret"
UNSENDABLE = ("", " ", "\u2003", "\u200b" * 16, f" {SECRET}", f"{SECRET}\t", f"{SECRET}\x00")


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (KeyEntry(SECRET, "team", "nobody"), "provider of a listed key: 'nobody' is not valid"),
        (KeyEntry(SECRET, "team", scenario="sing"), "scenario of a listed key: 'sing' is not valid"),
        *((KeyEntry(key, "team"), "listed key: one that is blank, or has") for key in UNSENDABLE),
    ],
)
def test_a_listed_key_names_only_what_there_is(entry: KeyEntry, what: str) -> None:
    """A mistake is reported at once, with the known names and without the key."""
    with pytest.raises(OptionError, match=what) as problem:
        check_keys([entry], {CONTRACT.provider: CONTRACT}, known=["runflow"])

    assert SECRET not in str(problem.value)


def write(folder: Path, text: str) -> Path:
    path = folder / "keys.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_keys_file_is_read(tmp_path: Path) -> None:
    """Each entry needs its key; the rest has defaults."""
    path = write(
        tmp_path,
        "- {key: en_user_a, account: team, provider: encore, scopes: [a, b], balance: 1.50, scenario: fail}\n"
        "- {key: on}\n- {key: '1'}\n- {key: b, scopes: []}\n",
    )

    assert read_keys(path) == (
        KeyEntry("en_user_a", "team", "encore", frozenset({"a", "b"}), Decimal("1.5"), "fail"),
        KeyEntry("on", "listed"),
        KeyEntry("1", "listed"),
        KeyEntry("b", "listed", None, frozenset()),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"- {SECRET}\n", "entry 1: it is not a mapping"),
        (f"- [{SECRET}]\n", "entry 1: it is not a mapping"),
        (f"key: {SECRET}\n", "its root is not a list"),
        (f"{SECRET}\n", "its root is not a list"),
        (f"- {{key: {SECRET}\n", "not readable as YAML"),
        (f"- {{key: {SECRET}, key2: *{SECRET}}}\n", "not readable as YAML"),
        (f"- key: {SECRET}: {SECRET}\n", "not readable as YAML"),
        (f"- {{key: {SECRET}, acount: x}}\n", "unknown field 'acount'. Expected key, account, provider"),
        (f"- {SECRET}: team\n", "unknown field number 1. Expected key, account"),
        (f"- {{key: {SECRET}, 5: team}}\n", "unknown field number 2"),
        (f"- {{key: {SECRET}, 1.5: team, ~: team, account: x}}\n", "unknown field number 2"),
        (f"- {{key: [{SECRET}]}}\n", "it has no key"),
        (f"- {{key: '', account: {SECRET}}}\n", "it has no key"),
        ("- {account: x}\n", "it has no key"),
        ("- {key: '  '}\n", "it has no key"),
        (f"- {{key: '{SECRET} '}}\n", "its key is blank, or has controls or spaces that no request can carry"),
        ('- {key: "\\u200b\\u200b"}\n', "its key is blank, or has controls"),
        (f"- {{key: {SECRET}, balance: much}}\n", "/balance: 'much' is not an amount"),
        (f"- {{key: {SECRET}, balance: NaN}}\n", "/balance: 'NaN' is not an amount"),
        (f"- {{key: {SECRET}, balance: Infinity}}\n", "/balance: 'Infinity' is not an amount"),
        (f"- {{key: {SECRET}, scopes: 5}}\n", "/scopes: 5 is not a list of texts"),
        (f"- {{key: {SECRET}, account: 5}}\n", "/account: 5 has the wrong type"),
    ],
)
def test_a_keys_file_with_a_mistake_is_rejected_without_showing_keys(text: str, says: str, tmp_path: Path) -> None:
    """The message has the place of the entry; neither it nor the traceback has its value."""
    path = write(tmp_path, text)

    with pytest.raises(DataError) as caught:
        read_keys(path)

    assert says in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in str(caught.value)
    assert SECRET not in shown


def test_a_keys_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(DataError, match=r"none\.yaml: it cannot be read \(No such file or directory\)"):
        read_keys(tmp_path / "none.yaml")
