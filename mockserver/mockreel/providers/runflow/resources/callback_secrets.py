"""Callback secrets: what signs callbacks; shown once, renamed, promoted, deleted."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.error_bodies import unknown
from mockreel.providers.runflow.lists.list_page import list_response
from mockreel.providers.runflow.state import Secret, Shelf, own_shelf
from mockreel.providers.runflow.timestamps import format_timestamp
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext


def _secret(context: RequestContext) -> Secret:
    found = own_shelf(context).secrets.get(context.params["id"])
    if found is None:
        raise unknown("Callback secret")
    return found


def _record(context: RequestContext, secret: Secret) -> Mapping[str, Any]:
    wire = context.provider.contract.wire
    style = wire["record_times"]
    shown = min(wire["secret"]["shown"], len(secret.plain) // 2)  # one that was given may be short
    return {
        "id": secret.id,
        "org_id": own_shelf(context).org_id,
        "key_prefix": secret.plain[:shown],
        "is_current": secret.current,
        "label": secret.label,
        "disabled_at": None,
        "last_used_at": format_timestamp(secret.last_used, style),
        "created_at": format_timestamp(secret.created, style),
        "updated_at": format_timestamp(secret.updated, style),
    }


def list_callback_secrets(context: RequestContext) -> Answer:
    """The account's secrets, without what is secret."""
    secrets = list(own_shelf(context).secrets.values())
    return list_response(
        context,
        "callback-secret.json",
        secrets,
        number=lambda secret: secret.number,
        render=lambda secret: _record(context, secret),
    )


def create_callback_secret(context: RequestContext) -> Response:
    """Make a secret and show it, this once; the first one signs."""
    provider, shelf = context.provider, own_shelf(context)
    row = provider.contract.wire["secret"]
    number = provider.count("secret")
    block = provider.draw("secret", number)
    label = (context.body or {}).get("label")
    plain = row["prefix"] + block[16:40].hex()
    secret = Secret(uuid7(context.now, block), number, label, plain, False, context.now, context.now)
    shelf.secrets[secret.id] = secret
    if row["signs"] == "newest" or not any(other.current for other in shelf.secrets.values()):
        _promote(shelf, secret)
    return json_response(201, {**_record(context, secret), "plain_secret": plain})


def _promote(shelf: Shelf, secret: Secret) -> None:
    for other in shelf.secrets.values():
        other.current = other is secret


def get_callback_secret(context: RequestContext) -> Response:
    return json_response(200, _record(context, _secret(context)))


def update_callback_secret(context: RequestContext) -> Response:
    """Rename a secret, or make it the one that signs."""
    secret = _secret(context)
    if "label" in context.body:
        secret.label = context.body["label"]
    if context.body.get("is_current"):
        _promote(own_shelf(context), secret)
    elif context.body.get("is_current") is False:
        secret.current = False
    secret.updated = context.now
    return json_response(200, _record(context, secret))


def delete_callback_secret(context: RequestContext) -> Response:
    """Delete a secret; where it signed, the newest one that is left does so from now on."""
    shelf, secret = own_shelf(context), _secret(context)
    del shelf.secrets[secret.id]
    if secret.current and shelf.secrets:
        _promote(shelf, next(reversed(shelf.secrets.values())))
    return Response(204, b"")
