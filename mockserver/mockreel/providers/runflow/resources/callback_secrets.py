"""Callback secrets: what signs callbacks; shown once, renamed, promoted, deleted."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.errors import unknown
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.state import Secret, Shelf, own_shelf
from mockreel.providers.runflow.timestamps import written
from mockreel.simulator.context import Call


def _secret(call: Call) -> Secret:
    found = own_shelf(call).secrets.get(call.params["id"])
    if found is None:
        raise unknown("Callback secret")
    return found


def _record(call: Call, secret: Secret) -> Mapping[str, Any]:
    wire = call.part.contract.wire
    style = wire["record_times"]
    shown = min(wire["secret"]["shown"], len(secret.plain) // 2)  # one that was given may be short
    return {
        "id": secret.id,
        "org_id": own_shelf(call).org_id,
        "key_prefix": secret.plain[:shown],
        "is_current": secret.current,
        "label": secret.label,
        "disabled_at": None,
        "last_used_at": written(secret.last_used, style),
        "created_at": written(secret.created, style),
        "updated_at": written(secret.updated, style),
    }


def list_callback_secrets(call: Call) -> Reply:
    """The account's secrets, without what is secret."""
    secrets = list(own_shelf(call).secrets.values())
    return listed(
        call,
        "callback-secret.json",
        secrets,
        number=lambda secret: secret.number,
        render=lambda secret: _record(call, secret),
    )


def create_callback_secret(call: Call) -> Reply:
    """Make a secret and show it, this once; the first one signs."""
    part, shelf = call.part, own_shelf(call)
    row = part.contract.wire["secret"]
    number = part.count("secret")
    block = part.draw("secret", number)
    label = (call.body or {}).get("label")
    plain = row["prefix"] + block[16:40].hex()
    secret = Secret(uuid7(call.now, block), number, label, plain, False, call.now, call.now)
    shelf.secrets[secret.id] = secret
    if row["signs"] == "newest" or not any(other.current for other in shelf.secrets.values()):
        _promote(shelf, secret)
    return json_reply(201, {**_record(call, secret), "plain_secret": plain})


def _promote(shelf: Shelf, secret: Secret) -> None:
    for other in shelf.secrets.values():
        other.current = other is secret


def get_callback_secret(call: Call) -> Reply:
    """One secret, without what is secret."""
    return json_reply(200, _record(call, _secret(call)))


def update_callback_secret(call: Call) -> Reply:
    """Rename a secret, or make it the one that signs."""
    secret = _secret(call)
    if "label" in call.body:
        secret.label = call.body["label"]
    if call.body.get("is_current"):
        _promote(own_shelf(call), secret)
    elif call.body.get("is_current") is False:
        secret.current = False
    secret.updated = call.now
    return json_reply(200, _record(call, secret))


def delete_callback_secret(call: Call) -> Reply:
    """Delete a secret; where it signed, the newest one that is left does so from now on."""
    shelf, secret = own_shelf(call), _secret(call)
    del shelf.secrets[secret.id]
    if secret.current and shelf.secrets:
        _promote(shelf, next(reversed(shelf.secrets.values())))
    return Reply(204, b"")
