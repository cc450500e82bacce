"""The start of a run: the version, the contracts and the settings that its log depends on."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any

from mockreel import __version__
from mockreel.engine.clock import LATEST
from mockreel.errors import StateError

# The options of which the head has only whether they are given, or a hash.
_SECRETS = frozenset({"--keys", "--webhook-secret"})
# The form of the log's entries; another one is not read.
FORM = 1


@dataclass(frozen=True, slots=True)
class RunHead:
    """The head of a log. `salt` is what keys are hashed with; `opened` the moment at which the run began.

    `settings` are the options that the same entries give the same state with, as JSON; `contracts` the version of each
    provider's contract.
    """

    id: str
    mockreel: str
    opened: float
    salt: bytes
    settings: Mapping[str, Any]
    contracts: Mapping[str, str]

    def row(self) -> dict[str, Any]:
        return {
            "form": FORM,
            "id": self.id,
            "mockreel": self.mockreel,
            "opened": self.opened,
            "salt": self.salt.hex(),
            "settings": dict(self.settings),
            "contracts": dict(self.contracts),
        }

    def check(
        self,
        settings: Mapping[str, Any],
        contracts: Mapping[str, str],
        *,
        where: str,
        elsewhere: str = "in another file",
    ) -> None:
        """Check that a log is applied with what it was written with.

        Args:
            where: which run it is.
            elsewhere: where another run may be stored.

        Raises:
            StateError: another version, contract or option.
        """
        if self.mockreel != __version__:
            raise StateError(
                f"{where} was written by mockreel {self.mockreel}; this is {__version__}. "
                f"Serve it with that version, or keep this run {elsewhere}."
            )
        for name, value in self.settings.items():
            here = settings.get(name)
            if value != here and not (_is_none(value) and _is_none(here)):
                raise StateError(
                    f"{where} has {_difference(name, value, here)}. "
                    f"Serve with the same options, or keep this run {elsewhere}."
                )
        for name, version in self.contracts.items():
            if name not in contracts:
                raise StateError(
                    f"{where} has the provider {name}, which is not served here. "
                    f"Serve the same providers, or keep this run {elsewhere}."
                )
            if contracts[name] != version:
                raise StateError(
                    f"{where} has version {version} of the contract of {name}; here it is "
                    f"{contracts[name]}. Serve with the same data, or keep this run {elsewhere}."
                )


def _is_none(value: Any) -> bool:
    """Whether an option is not given: a command has an empty list or mapping then, or a flag's False, code None."""
    return value is None or value is False or value in ([], {}, ())


def _difference(name: str, then: Any, here: Any) -> str:
    """What an option was, and what it is, as a user writes it; a secret is only told as another one."""
    if name in _SECRETS and not (_is_none(then) or _is_none(here)):
        return f"{name} of another value than here"
    if _is_none(then):
        return f"no {name}; here it is {_shown(here)}" if name not in _SECRETS else f"no {name}; here it is given"
    given = f" {_shown(then)}" if name not in _SECRETS else ""
    return f"{name}{given}; here it is {'not given' if _is_none(here) else _shown(here)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value)
    return str(value)


def new_head(settings: Mapping[str, Any], contracts: Mapping[str, str], *, opened: float) -> RunHead:
    return RunHead(secrets.token_hex(8), __version__, opened, secrets.token_bytes(16), settings, contracts)


def read_head(
    row: Mapping[str, Any],
    *,
    where: str,
    then: str = "Serve it with the version that wrote it, or keep this run in another file.",
) -> RunHead:
    """The head of a log.

    Args:
        then: what to do where it has another form.

    Raises:
        StateError: it is none, or of another form.
    """
    if not isinstance(row, Mapping):
        raise _unreadable(where, "it is no object")
    if row.get("form") != FORM:
        raise StateError(f"{where} has form {row.get('form')!r} of the entries; this version reads form {FORM}. {then}")
    try:
        salt = bytes.fromhex(row["salt"])
        found = RunHead(row["id"], row["mockreel"], row["opened"], salt, row["settings"], row["contracts"])
    except (LookupError, TypeError, ValueError) as problem:
        raise _unreadable(where, problem) from problem
    for name, kind in _KINDS.items():
        if not isinstance(getattr(found, name), kind):
            raise _unreadable(where, f"{name} is {getattr(found, name)!r}")
    if not 0 <= found.opened <= LATEST:
        raise _unreadable(where, f"opened is {found.opened!r}")
    return found


_KINDS: Mapping[str, type | UnionType] = {
    "id": str,
    "mockreel": str,
    "opened": int | float,
    "settings": Mapping,
    "contracts": Mapping,
}


def _unreadable(where: str, why: object) -> StateError:
    return StateError(f"{where}: the start of the run cannot be read ({why}). It is damaged.")
