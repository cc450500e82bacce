"""Webhook secrets that are fixed before anything is asked, as an app reads its own from its environment."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mockreel.contract import Contract, providers
from mockreel.errors import OptionError

# Asks for a new secret, which is shown once at the start.
GENERATE = "generate"
# Random bytes of a generated secret, and how much of a given one is shown.
_BYTES, _SHOWN = 24, 4

# `SECRET` or `PROVIDER=SECRET`, once or several times, or by provider.
Given = str | Iterable[str] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """What signs the webhooks of every account of a provider, from the first one on."""

    value: str = field(repr=False)
    generated: bool = False

    def __str__(self) -> str:
        """As it may be shown: whole where it was made for this run, else its beginning at most."""
        return self.value if self.generated else f"{self.value[:_SHOWN] if len(self.value) > 4 * _SHOWN else ''}…"


def webhook_secrets(given: Given | None, contracts: Mapping[str, Contract]) -> dict[str, WebhookSecret]:
    """The fixed secret of each provider that has one; `generate` makes a new one.

    Args:
        contracts: of the providers that are played. A text before a `=` that is no provider's name is part of the
            secret.

    Raises:
        OptionError: a provider that signs nothing has one, or one is blank. No secret is part of the message.
    """
    found: dict[str, str] = {}
    signing = [name for name, contract in contracts.items() if contract.callbacks.signature is not None]
    for provider, secret in _pairs(given, contracts):
        if not secret.strip():
            then = f"Give the text that your handler verifies with, or {GENERATE!r} for a new one."
            raise OptionError("--webhook-secret", secret, then=then)
        if provider is not None and provider not in signing:
            title = contracts[provider].title if provider in contracts else provider
            raise OptionError(
                "--webhook-secret", provider, signing, then=f"{title} signs no webhook here: leave it out."
            )
        found |= dict.fromkeys(signing if provider is None else [provider], secret)
    return {name: _secret(secret, contracts[name]) for name, secret in found.items()}


def _pairs(given: Given | None, contracts: Mapping[str, Contract]) -> Iterator[tuple[str | None, str]]:
    if isinstance(given, Mapping):
        yield from given.items()
        return
    texts = [given] if isinstance(given, str) else list(given or ())
    names = {*providers(), *contracts}
    pairs = [(text, *text.partition("=")) for text in texts]
    yield from ((None, text) for text, name, _, _ in pairs if name not in names)
    yield from ((name, secret) for _, name, _, secret in pairs if name in names)


def _secret(text: str, contract: Contract) -> WebhookSecret:
    if text != GENERATE:
        return WebhookSecret(text)
    prefix = str(contract.wire.get("secret", {}).get("prefix", ""))
    return WebhookSecret(prefix + secrets.token_hex(_BYTES), generated=True)
