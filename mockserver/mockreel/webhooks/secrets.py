"""Webhook secrets that are fixed before the first request, such as an app reads from its environment."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mockreel.contract import Contract, providers
from mockreel.errors import OptionError

# Generates a new secret, which is shown once at the start.
GENERATE = "generate"
# Random bytes of a generated secret, and the shown characters of a given one.
_BYTES, _SHOWN = 24, 4

# `SECRET` or `PROVIDER=SECRET`, once or several times, or by provider.
SecretOption = str | Iterable[str] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """The secret for the webhooks of every account of a provider."""

    value: str = field(repr=False)
    generated: bool = False

    def __str__(self) -> str:
        """A text to show: complete if it was generated for this run, else at most its beginning."""
        return self.value if self.generated else f"{self.value[:_SHOWN] if len(self.value) > 4 * _SHOWN else ''}…"


def webhook_secrets(option: SecretOption | None, contracts: Mapping[str, Contract]) -> dict[str, WebhookSecret]:
    """The fixed secret of each provider that has one; `generate` makes a new one.

    Args:
        contracts: the simulated providers. A text before a `=` that is not a provider's name is part of the
            secret.

    Raises:
        OptionError: a provider that does not sign has one, or one is blank. The message has no secret.
    """
    found: dict[str, str] = {}
    signing = [name for name, contract in contracts.items() if contract.callbacks.signature is not None]
    for provider, secret in _pairs(option, contracts):
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


def _pairs(option: SecretOption | None, contracts: Mapping[str, Contract]) -> Iterator[tuple[str | None, str]]:
    if isinstance(option, Mapping):
        yield from option.items()
        return
    texts = [option] if isinstance(option, str) else list(option or ())
    names = {*providers(), *contracts}
    pairs = [(text, *text.partition("=")) for text in texts]
    yield from ((None, text) for text, name, _, _ in pairs if name not in names)
    yield from ((name, secret) for _, name, _, secret in pairs if name in names)


def _secret(text: str, contract: Contract) -> WebhookSecret:
    if text != GENERATE:
        return WebhookSecret(text)
    prefix = str(contract.wire.get("secret", {}).get("prefix", ""))
    return WebhookSecret(prefix + secrets.token_hex(_BYTES), generated=True)
