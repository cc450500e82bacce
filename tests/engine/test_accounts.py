"""Keys and accounts: which keys are accepted, for which account, and that no key is ever shown."""

from decimal import Decimal

import pytest
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.keyring import Keyring, mask_key
from mockreel.errors import AccountsFull, DataError

CONTRACT = load_contract("encore", root=FOURTH)
SECRET = "en_user_s3cret"


def test_every_key_has_an_account_of_its_own_and_keeps_it() -> None:
    """Accounts are numbered by first use."""
    keyring = Keyring(CONTRACT, accept_any_key=True)
    one, other = keyring.find("en_user_b"), keyring.find("anything else")
    assert one is not None
    assert other is not None

    assert (one.account.number, other.account.number) == (1, 2)
    assert keyring.find("en_user_b") is one
    assert one.account.name == "account-1"


def test_an_admins_key_leads_to_the_account_of_the_same_name() -> None:
    """The text after the prefix identifies the account, in any order of first use."""
    keyring = Keyring(CONTRACT, accept_any_key=True)
    admin, member, stranger = (keyring.find(key) for key in ("en_boss_x", "en_user_x", "en_boss_y"))
    assert admin is not None
    assert member is not None
    assert stranger is not None

    assert (admin.admin, member.admin) == (True, False)
    assert admin.account is member.account
    assert stranger.account is not admin.account


@pytest.mark.parametrize("key", ["invalid", "invalid-whatever", "en_user_invalid", "en_boss_invalidated", ""])
def test_some_keys_are_rejected_even_if_any_is_accepted(key: str) -> None:
    """So that a wrong key can be had on demand."""
    assert Keyring(CONTRACT, accept_any_key=True).find(key) is None


def test_where_keys_are_listed_only_they_are_admitted() -> None:
    """Also one that begins with `invalid`, if it is listed."""
    keyring = Keyring(CONTRACT, entries=[KeyEntry(SECRET, "team"), KeyEntry("invalid-but-listed", "team")])

    assert keyring.find(SECRET) is not None
    assert keyring.find("invalid-but-listed") is not None
    assert keyring.find("en_boss_s3cret") is None
    assert keyring.find("other") is None


def test_listed_keys_of_one_account_share_it_and_each_has_its_own_scopes() -> None:
    """Jobs and balance are the account's; scopes, scenario and role are the key's, whichever is used first."""
    entry = KeyEntry("en_user_a", "team", None, frozenset({"files:write"}), Decimal("5"), "fail")
    for order in (("en_user_a", "en_boss_a"), ("en_boss_a", "en_user_a")):
        keyring = Keyring(CONTRACT, entries=[entry, KeyEntry("en_boss_a", "team")])
        found = {key: keyring.find(key) for key in order}
        member, admin = found["en_user_a"], found["en_boss_a"]
        assert member is not None
        assert admin is not None

        assert member.account is admin.account
        assert (member.account.name, member.account.balance) == ("team", Decimal("5"))
        assert (member.admin, member.scopes, member.scenario) == (False, frozenset({"files:write"}), "fail")
        assert (admin.admin, admin.scopes, admin.scenario) == (True, None, None)


def test_an_account_with_two_balances_is_an_error() -> None:
    """Which of them counts would depend on the order of the keys."""
    entries = [KeyEntry("a", "team", balance=Decimal(1)), KeyEntry("b", "team", balance=Decimal(2))]

    with pytest.raises(DataError, match="'team' has two balances, 1 and 2"):
        Keyring(CONTRACT, entries=entries)


def test_a_key_of_another_provider_is_not_admitted() -> None:
    """An entry without a provider is for all."""
    entries = [KeyEntry("a", "x", "runflow"), KeyEntry("b", "x", "encore"), KeyEntry("c", "x")]
    keyring = Keyring(CONTRACT, entries=entries)

    assert [keyring.find(key) is not None for key in "abc"] == [False, True, True]


@pytest.mark.parametrize("key", ["ключ", "k\u00e9y", "a\x00b", "x" * 10_000, "\udcff"])
def test_any_text_can_be_a_key(key: str) -> None:
    """A header's value need not be ASCII."""
    keyring = Keyring(CONTRACT, accept_any_key=True)

    assert keyring.find(key) is keyring.find(key)


def test_no_key_is_held_or_shown() -> None:
    """Neither by the keyring nor in what it hands out, nor by an entry as it is printed."""
    entry = KeyEntry(SECRET, "team")
    keyring = Keyring(CONTRACT, entries=[entry], accept_any_key=True)
    callers = [keyring.find(SECRET), keyring.find("en_user_another_s3cret")]

    for thing in (entry, callers, vars(keyring), keyring.accounts, [caller.account for caller in callers if caller]):
        assert "s3cret" not in repr(thing)


def test_with_any_key_accepted_there_is_no_room_for_one_account_more_than_it_keeps() -> None:
    """Known keys are still accepted; a listed one always is."""
    keyring = Keyring(CONTRACT, entries=[KeyEntry("listed", "one")], accept_any_key=True, most=2)
    for key in ("a", "b", "a", "b"):
        assert keyring.find(key) is not None

    with pytest.raises(AccountsFull, match="keeps at most 2 accounts"):
        keyring.find("c")
    assert keyring.find("listed") is not None
    keyring.reset()
    assert keyring.find("c") is not None


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("rf_live_0123456789abcdef9f3a", "rf_live_…9f3a"),
        ("rf_live_short", "rf_live_…"),
        ("alice", "… (5 characters)"),
        ("a-long-key-of-somebody-else", "…else"),
    ],
)
def test_a_key_is_masked_so_that_its_owner_recognises_it(key: str, shown: str) -> None:
    """The prefix of the provider, and the end where enough is left out."""
    assert mask_key(key, ["rf_live_", "rf_svc_"]) == shown
