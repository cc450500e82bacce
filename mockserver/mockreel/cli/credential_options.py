"""Keys and the control token: listed one by one, or in a file that the first start makes."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockreel.cli.option_types import key_option
from mockreel.cli.private_file import credentials_option
from mockreel.contract import Contract, providers
from mockreel.contract.data.data_files import parse_yaml, read_bytes
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import entries_of
from mockreel.errors import DataError, OptionError
from mockreel.whole_file import write_new

_HEAD = "# Made by mockreel at its first start. Only these keys are accepted. Delete the file to have new ones.\n"
_KEY_BYTES, _TOKEN_BYTES = 16, 24


def credential_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options beside `--keys` and `--token`."""
    with_file = credentials_option(
        "Read keys and token from FILE, unless they are given otherwise; the first start makes it, with a key for each "
        "provider."
    )
    with_key = key_option(
        "Accept only this key, with its own account (repeatable; the variable takes several, separated by spaces)."
    )
    return with_key(with_file(command))


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who is admitted.

    Args:
        keys: a keys file or entries; None accepts any key.
        token: what the control API requires.
        made: whether the file was made just now.
    """

    keys: Path | tuple[KeyEntry, ...] | None
    token: str | None
    made: bool = False


def credentials(options: Mapping[str, Any], contracts: Callable[[], Mapping[str, Contract]]) -> Credentials:
    """What the options and the environment come to.

    Args:
        contracts: gives the contracts that are served, whose keys' forms a new file follows.

    Raises:
        OptionError: keys are listed in two ways.
        DataError: the file cannot be read or made, or is not one.
    """
    keys: Path | tuple[KeyEntry, ...] | None = options["keys"]
    if options["listed"] and keys is not None:
        raise OptionError("--key", "…", secret="together with --keys", then="List the keys in one of the two ways.")
    if options["listed"]:
        keys = listed_keys(options["listed"])
    file: Path | None = options["credentials"]
    if file is None or (keys is not None and options["token"] is not None):
        return Credentials(keys, options["token"])
    is_new = not file.exists() and write_credentials(file, contracts())
    found = read_credentials(file)
    return Credentials(found.keys if keys is None else keys, options["token"] or found.token, is_new)


def listed_keys(texts: Iterable[str]) -> tuple[KeyEntry, ...]:
    """Keys of the form `[PROVIDER=]KEY`, each with its own account; a text before `=` that names no provider is
    part of the key."""
    names = set(providers())
    found: list[KeyEntry] = []
    for number, text in enumerate(texts, 1):
        provider, equals, key = text.partition("=")
        named = bool(equals) and provider in names
        if named and not key.strip():
            raise OptionError("--key", f"{provider}=", then="Write the key behind it, as in `runflow=rf_live_mine`.")
        found.append(KeyEntry(key if named else text, f"account-{number}", provider if named else None))
    return tuple(found)


def read_credentials(path: Path) -> Credentials:
    """The keys and the token of a file.

    Raises:
        DataError: it is unreadable, or lacks one of them; no key is part of the message.
    """
    value = parse_yaml(read_bytes(path), where=str(path))
    if not isinstance(value, Mapping) or set(value) != {"token", "keys"} or not isinstance(value["token"], str):
        expected = "`token`, and `keys` as a list of {key, account, …}"
        raise DataError(
            str(path), "it is not a credentials file", expected=expected, then="Delete it to have a new one."
        )
    return Credentials(entries_of(value["keys"], where=f"{path} keys"), value["token"])


def write_credentials(path: Path, contracts: Mapping[str, Contract]) -> bool:
    """Make a file with a new token and a new key for each provider, readable by its owner only.

    Gives whether it was made here: of several servers that start at once one makes it, and all use it.

    Raises:
        DataError: it cannot be written.
    """
    lines = [f"token: {secrets.token_urlsafe(_TOKEN_BYTES)}", "keys:"]
    lines += [
        f"- {{key: {_prefix(contract)}{secrets.token_hex(_KEY_BYTES)}, account: main, provider: {name}}}"
        for name, contract in contracts.items()
    ]
    return write_new(path, _HEAD + "\n".join(lines) + "\n")


def _prefix(contract: Contract) -> str:
    """How a provider's usual keys begin, as clients look at it."""
    prefixes = contract.root["keys"].get("prefixes", ())
    return str(prefixes[0]["prefix"]) if prefixes else ""
