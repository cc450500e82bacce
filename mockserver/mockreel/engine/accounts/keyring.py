"""The keys of a provider, and the account behind each. Raw keys are never stored."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import blake2b
from typing import TypeVar

from mockreel.contract import Contract
from mockreel.contract.data.parser import Cursor
from mockreel.engine.accounts.account import Account, Caller, KeyEntry
from mockreel.engine.redaction import Fingerprints, Strangers
from mockreel.errors import AccountsFull, DataError
from mockreel.terminal import counted

T = TypeVar("T")

# Keys with this prefix are rejected even if any key is accepted, so that a wrong key can be sent on purpose.
REJECTED_PREFIX = "invalid"
# How accounts are known: by a name that was listed, by the hash of a key, or not yet.
_LISTED, _WAITING = "listed:", "waiting:"
# The most accounts of a provider, if any key is accepted.
MOST_ACCOUNTS = 10_000
# Of a key with so many characters behind its prefix the last four are shown; and of so many keys of an account.
SHOWS_END = 16
MOST_MASKED = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """Listed keys of one provider by their hashes, and what their accounts begin with."""

    entries: Mapping[bytes, KeyEntry] = field(repr=False)
    balances: Mapping[str, Decimal]
    webhook_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Admission:
    """A key that was found for the first time, by keyed hashes: of the whole key, and of what names its account.

    `number` counts the admissions of a keyring, through every reset.
    """

    number: int
    key: str
    account: str
    admin: bool
    masked: str
    odd: bool

    @property
    def shown(self) -> str:
        """What a list says of it: its number tells it from others that look the same, as it does in a log."""
        return f"key {self.number} {self.masked}"


class Keyring:
    """The keys of one provider.

    Args:
        contract: defines which prefixes a key may have, and which of them is an admin's.
        entries: the listed keys.
        accept_any_key: accept any other key too, each with its own account.
        budget: the initial balance of accounts whose keys state none; None is no limit.
        webhook_secret: the initial secret of every account's webhooks, unless a listed key states another; None is none
            until the account creates one.
        most: the most accounts, if any key is accepted.
        salt: the salt of key hashes; random if None.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        entries: Iterable[KeyEntry] = (),
        accept_any_key: bool = False,
        budget: Decimal | None = None,
        webhook_secret: str | None = None,
        most: int = MOST_ACCOUNTS,
        salt: bytes | None = None,
    ) -> None:
        self.prefixes = prefixes_of(contract)
        self._salted = blake2b(key=salt or os.urandom(16), digest_size=16)
        self.keys = Fingerprints()  # every key that was listed or admitted here
        self.known = Fingerprints(also=self.keys)  # and other values sent as a key or a secret
        self.strangers = Strangers(self.known)
        self._used: list[list[bytes]] = []
        self._open = accept_any_key
        self._budget = budget
        self._webhook_secret = webhook_secret
        self._most = most
        self._callers: dict[bytes, Caller] = {}
        self._returning: dict[bytes, Caller] = {}
        self._admissions: dict[str, Admission] = {}
        self._numbered = 0
        self.accounts: dict[str, Account] = {}
        self._waiting: deque[str] = deque()  # the names of those that belong to no key yet
        self._provider = contract.provider
        self.odd = 0  # accepted keys that do not have the form of the provider's own
        self.closed: type[BaseException] | None = None  # raised where a key would be admitted for the first time
        self.admit(self.listing(entries))

    def listing(self, entries: Iterable[KeyEntry]) -> "Listing":
        """Those of the listed keys that are for this provider, ready to be admitted.

        Raises:
            DataError: an account has two balances, or two webhook secrets.
        """
        own = {self._hash(entry.key): entry for entry in entries if entry.provider in (None, self._provider)}
        for entry in own.values():
            self.keys.add(entry.key)
        balances = _first_values(own.values(), "balance", lambda entry: entry.balance)
        secrets = _first_values(own.values(), "webhook secret", lambda entry: entry.webhook_secret, shown=False)
        return Listing(own, balances, secrets)

    def admit(self, listing: "Listing") -> None:
        """Admit these listed keys from now on, and none that was listed before; accounts stay what they are."""
        self._listed, self._balances = listing.entries, listing.balances
        self._secrets = listing.webhook_secrets
        self._callers, self._returning = {}, {}

    def reset(self) -> None:
        """Drop every account; listed keys stay listed."""
        self.accounts = {}
        self._waiting.clear()
        self._callers, self._returning, self._admissions = {}, {}, {}
        self.odd = 0
        for marks in self._used:
            self.keys.discard(marks)
        self._used = []

    def recognise(self, other: "Keyring") -> None:
        """Mask what another keyring masks, too: for a past that was made of aliases, beside who knows the keys."""
        self.keys.search_too(other.known)

    def used_accounts(self) -> list[tuple[Account, bool]]:
        """Every account in the order of first use, and whether it is a listed one."""
        found = [(account, name.startswith(_LISTED)) for name, account in self.accounts.items()]
        return sorted(found, key=lambda pair: pair[0].number)

    def restore(self, accounts: Iterable[tuple[Account, bool]]) -> None:
        """Take these accounts: listed ones belong to their keys, each other one to the next key that is new here."""
        for account, listed in accounts:
            name = f"{_LISTED if listed else _WAITING}{account.name}"
            self.accounts[name] = account
            if not listed:
                self._waiting.append(name)

    @property
    def era(self) -> object:
        """As long as this is the same object, the caller found for a key stays valid."""
        return self._callers

    def find(self, key: str) -> Caller | None:
        """The owner of a key, or None if it is not admitted.

        Raises:
            AccountsFull: it needs a new account, and there are as many as allowed.
        """
        hashed = self._hash(key)
        caller = self._callers.get(hashed)
        return caller if caller is not None else self._admit(key, hashed)

    def webhook_secret(self, account: Account) -> str | None:
        """What signs the webhooks of an account that has made no secret itself; None where nothing does."""
        listed = self._secrets.get(account.name) if f"{_LISTED}{account.name}" in self.accounts else None
        return listed or self._webhook_secret

    def _admit(self, key: str, hashed: bytes) -> Caller | None:
        back = self._returning.pop(hashed, None)
        if back is not None:
            self._know(key, hashed)
            self._callers[hashed] = back
            return back
        named = self.admission_of(key)
        if named is not None and self.closed is not None:
            raise self.closed
        caller = None if named is None else self._first_caller(named)
        if caller is not None:
            self._know(key, hashed)
            self._callers[hashed] = caller
        return caller

    def _know(self, key: str, hashed: bytes) -> None:
        """Recognise a key that is not listed wherever it occurs."""
        if hashed not in self._listed:
            self._used.append(self.keys.add(key))

    def _first_caller(self, named: "Admission") -> Caller | None:
        """The caller of a key that is found for the first time, if it is admitted."""
        entry = self._listed.get(bytes.fromhex(named.key))
        if entry is not None:
            account = self._listed_account(entry.account)
            caller = Caller(account, named.admin, entry.scopes, entry.scenario, entry.faults)
        elif self._open:
            caller = Caller(self._open_account(named.account), named.admin)
            self.odd += named.odd
        else:
            return None
        if named.shown not in caller.account.keys:
            caller.account.keys = (*caller.account.keys, named.shown)[-MOST_MASKED:]
        self._admissions[named.key] = named
        self._numbered = max(self._numbered, named.number)
        return caller

    def admission_of(self, key: str) -> "Admission | None":
        """How a key is admitted, whether it was before or not; None where it is not. Nothing is changed.

        Its number is the next; an admission of before has its own.
        """
        hashed = self._hash(key)
        rest, admin = self._role(key)
        if hashed not in self._listed and (not self._open or not key or _is_rejected(key, rest)):
            return None
        odd = bool(self.prefixes) and not any(key.startswith(prefix) for prefix, _ in self.prefixes)
        masked = mask_key(key, (prefix for prefix, _ in self.prefixes))
        return Admission(self._numbered + 1, hashed.hex(), self._hash(rest).hex(), admin, masked, odd)

    def introduce(self, named: "Admission", *, alias: str) -> None:
        """Let a text stand for a key; the key is admitted now if it never was.

        Raises:
            AccountsFull: it needs a new account, and there are as many as allowed.
        """
        alias_hash = self._hash(alias)
        if alias_hash in self._callers:
            return
        hashed = bytes.fromhex(named.key)
        known = self._callers.get(hashed) or self._returning.get(hashed)
        if known is not None:
            self._callers[alias_hash] = known
        else:
            self.readmit(replace(named, number=self._numbered + 1), alias=alias)

    @property
    def admitted(self) -> int:
        """How many keys were admitted since the beginning."""
        return len(self._admissions)

    def hash_of(self, key: str) -> str:
        """The keyed hash by which an admission names a key."""
        return self._hash(key).hex()

    def admissions(self) -> "list[Admission]":
        """Every key that was admitted, without the keys, in the order of their first use."""
        return list(self._admissions.values())

    def readmit(self, named: "Admission", *, alias: str | None = None) -> Caller | None:
        """Admit a key again by its hash; it is found when it is next used.

        Args:
            alias: a text that stands for it until then.
        """
        caller = self._first_caller(named)
        if caller is not None:
            self._returning[bytes.fromhex(named.key)] = caller
            if alias is not None:
                self._callers[self._hash(alias)] = caller
        return caller

    def forget_aliases(self) -> None:
        """From now on, find callers that were admitted again by real keys only."""
        self._callers = {}

    def list_entry(self, key: str) -> KeyEntry | None:
        """The list's entry for a key, by the hash of its admission."""
        return self._listed.get(bytes.fromhex(key))

    def account_names(self) -> dict[str, int]:
        """Under which name the keyring has each account, by its number."""
        return {name: account.number for name, account in self.accounts.items()}

    def rename(self, names: Mapping[str, int]) -> None:
        """Have the accounts under these names, as `account_names` gave them."""
        by_number = {account.number: account for account in self.accounts.values()}
        self.accounts = {name: by_number[number] for name, number in names.items()}
        self._waiting = deque(name for name in self.accounts if name.startswith(_WAITING))

    def _role(self, key: str) -> tuple[str, bool]:
        """What is left of a key behind its prefix, and whether the prefix is an admin's."""
        for prefix, admin in self.prefixes:
            if key.startswith(prefix):
                return key.removeprefix(prefix), admin
        return key, False

    def _open_account(self, name: str) -> Account:
        full = len(self.accounts) >= self._most and name not in self.accounts
        if full and not self._waiting:
            raise AccountsFull(self._most)
        return self._account(name)

    def _listed_account(self, name: str) -> Account:
        return self._account(f"{_LISTED}{name}", shown=name, balance=self._balances.get(name))

    def _account(self, name: str, *, shown: str | None = None, balance: Decimal | None = None) -> Account:
        if self._waiting and name not in self.accounts and not name.startswith(_LISTED):
            self.accounts[name] = self.accounts.pop(self._waiting.popleft())
        if name not in self.accounts:
            number = len(self.accounts) + 1
            opening = self._budget if balance is None else balance
            self.accounts[name] = Account(number, shown or f"account-{number}", opening)
        return self.accounts[name]

    def _hash(self, key: str) -> bytes:
        hashing = self._salted.copy()
        hashing.update(key.encode("utf-8", "surrogateescape"))
        return hashing.digest()


def _is_rejected(key: str, rest: str) -> bool:
    return rest.startswith(REJECTED_PREFIX) or key.startswith(REJECTED_PREFIX)


def mask_key(key: str, prefixes: Iterable[str]) -> str:
    """A key as its owner recognises it: the provider's prefix, and its end if enough of it is hidden.

    `rf_live_…9f3a` for a long key, `rf_live_…` for a short one; a short key without a prefix shows its length only.
    """
    prefix = max((one for one in prefixes if key.startswith(one)), key=len, default="")
    rest = key[len(prefix) :]
    if len(rest) >= SHOWS_END:
        return f"{prefix}…{rest[-4:]}"
    return f"{prefix}…" if prefix else f"… ({counted(len(key), 'character')})"


def prefixes_of(contract: Contract) -> tuple[tuple[str, bool], ...]:
    """The prefixes that a key may have, and whether it is an admin's then."""
    keys = Cursor(f"contracts/{contract.provider}/openapi.json /x-mockreel/keys", contract.root.get("keys", {}))
    return tuple((row["prefix"], row.get("role") == "admin") for row in keys.mapping().get("prefixes", []))


def _first_values(
    entries: Iterable[KeyEntry], what: str, read: Callable[[KeyEntry], T | None], *, shown: bool = True
) -> dict[str, T]:
    """What each account begins with, which any of its keys may state; a secret is not shown."""
    found: dict[str, T] = {}
    for entry in entries:
        value = read(entry)
        if value is not None and found.setdefault(entry.account, value) != value:
            both = f", {found[entry.account]} and {value}" if shown else ""
            raise DataError(
                "the listed keys",
                f"the account {entry.account!r} has two {what}s{both}",
                then="State it with one of its keys.",
            )
    return found
