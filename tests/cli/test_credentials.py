"""Keys and the token of `mockreel serve`: listed one by one, or made at the first start."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mockreel.cli.credential_options import credentials, listed_keys, read_credentials
from mockreel.contract import Contract
from mockreel.errors import DataError, OptionError
from mockreel.simulator.simulator import load_contracts

TOKEN = "a-token-of-24-signs-only"


def _given(**given: Any) -> Mapping[str, Any]:
    return {"keys": None, "listed": (), "token": None, "credentials": None, **given}


def _contracts() -> Mapping[str, Contract]:
    return load_contracts()


def _none() -> Mapping[str, Contract]:
    raise AssertionError("no contract is needed here")


def test_the_first_start_makes_keys_and_a_token(tmp_path: Path) -> None:
    """One key for each provider, in its form, in a file that only its owner reads."""
    file = tmp_path / "credentials.yaml"
    made = credentials(_given(credentials=file), _contracts)

    assert isinstance(made.keys, tuple)
    keys = {entry.provider: entry.key for entry in made.keys}
    assert sorted(map(str, keys)) == ["aimlapi", "runflow", "runninghub"]
    assert keys["runflow"].startswith("rf_live_")
    assert made.made
    assert len(made.token or "") >= 24
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_next_start_has_the_same(tmp_path: Path) -> None:
    """Nothing is made again."""
    file = tmp_path / "credentials.yaml"
    first = credentials(_given(credentials=file), _contracts)
    second = credentials(_given(credentials=file), _none)

    assert (second.keys, second.token, second.made) == (first.keys, first.token, False)


def test_of_two_first_starts_at_once_both_have_the_same(tmp_path: Path) -> None:
    """The file appears while the second makes its own: the first one's counts."""
    file = tmp_path / "credentials.yaml"
    first: list[Any] = []

    def meanwhile() -> Mapping[str, Contract]:
        first.append(credentials(_given(credentials=file), _contracts))
        return _contracts()

    second = credentials(_given(credentials=file), meanwhile)

    assert (second.keys, second.token, second.made) == (first[0].keys, first[0].token, False)


def test_a_provider_without_a_key_behind_it_is_refused() -> None:
    """A variable that is not set would admit nobody."""
    with pytest.raises(OptionError, match="runflow="):
        listed_keys(["runflow="])


def test_what_is_given_otherwise_outranks_the_file(tmp_path: Path) -> None:
    """The token of the environment, the keys of the file; where both are given, no file is made."""
    file = tmp_path / "credentials.yaml"
    both = credentials(_given(credentials=file, listed=("a-key",), token=TOKEN), _none)
    assert not file.exists()
    one = credentials(_given(credentials=file, token=TOKEN), _contracts)

    assert [entry.key for entry in both.keys] == ["a-key"]  # type: ignore[union-attr]
    assert one.token == TOKEN
    assert one.keys == read_credentials(file).keys


def test_keys_are_listed_one_by_one() -> None:
    """Each has an account of its own; a provider's name in front makes it that provider's."""
    first, second, third = listed_keys(["any-key", "runflow=rf_live_one", "with=equals"])

    assert (first.key, first.provider) == ("any-key", None)
    assert (second.key, second.provider) == ("rf_live_one", "runflow")
    assert (third.key, third.provider) == ("with=equals", None)
    assert len({one.account for one in (first, second, third)}) == 3


def test_keys_are_listed_in_one_way() -> None:
    """And the message has no key."""
    with pytest.raises(OptionError, match="in one of the two ways") as wrong:
        credentials(_given(keys=Path("keys.yaml"), listed=("rf_live_secret",)), _none)

    assert "rf_live_secret" not in str(wrong.value)


@pytest.mark.parametrize("text", ["- {key: a}\n", "token: 7\nkeys: []\n", "token: abc\n", "keys: [{key: a}]\n"])
def test_another_file_is_no_credentials_file(tmp_path: Path, text: str) -> None:
    """It is left as it is."""
    file = tmp_path / "credentials.yaml"
    file.write_text(text)
    with pytest.raises(DataError, match="not a credentials file"):
        credentials(_given(credentials=file), _none)

    assert file.read_text() == text
