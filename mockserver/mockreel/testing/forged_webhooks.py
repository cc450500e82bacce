"""Forged callbacks: a copy of each signed one, signed with an unknown secret."""

from mockreel.engine.journal.journal import AttemptEntry
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Outcome, Outgoing, Sender, sign

FORGED_SECRET = "a-secret-that-nobody-gave-out"


class Forger:
    """Sends a forged copy before each signed callback; the journal marks it.

    Unsigned callbacks are not forged, as a forgery could not be recognised.
    """

    def __init__(self, provider: Provider, sender: Sender) -> None:
        self._provider = provider
        self._sender = sender

    async def send(self, message: Outgoing) -> Outcome:
        """Send the forgery, then the original."""
        signature = self._provider.contract.callbacks.signature
        if signature is not None and any(name == signature.header for name, _ in message.headers):
            value = sign(signature, FORGED_SECRET, message.body)
            headers = tuple(
                (name, value if name == signature.header else original) for name, original in message.headers
            )
            await self._forge(Outgoing(message.url, headers, message.body, message.timeout))
        return await self._sender.send(message)

    async def _forge(self, forged: Outgoing) -> None:
        began = self._provider.clock.now()
        outcome = await self._sender.send(forged)
        self._provider.journal.note_attempt(
            AttemptEntry(
                at=began,
                ended=self._provider.clock.now(),
                provider=self._provider.name,
                account="",
                delivery="",
                subject="",
                kind="forged",
                event="",
                number=1,
                url=forged.url,
                headers=forged.headers,
                body=forged.body,
                status=outcome.status,
                error=outcome.error,
                detail=outcome.detail,
                forged=True,
            )
        )

    async def close(self) -> None:
        """Close the sender."""
        await self._sender.close()
