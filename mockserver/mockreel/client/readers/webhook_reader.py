"""Verify and read callbacks."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mockreel.client.client_errors import CallbackRefused, NotOffered
from mockreel.client.http.steps import IncomingResponse
from mockreel.client.http.whole_text import check_whole
from mockreel.client.profile import ClientProfile, WebhookPlaces
from mockreel.client.readers.error_reader import ErrorReader
from mockreel.client.readers.job_reader import Outcomes
from mockreel.client.values import Job, Notice, Outcome, StateKind
from mockreel.contract import Contract, pointers
from mockreel.contract.data.webhook_rows import Signature
from mockreel.errors import OptionError
from mockreel.webhooks.signature import verify


class Notices:
    """Reads the callbacks of one provider."""

    def __init__(
        self, contract: Contract, profile: ClientProfile, outcomes: Outcomes, error_reader: ErrorReader
    ) -> None:
        self._contract = contract
        self._profile = profile
        self._outcomes = outcomes
        self._error_reader = error_reader

    def read(self, body: bytes, headers: Mapping[str, str], secret: str | Sequence[str] | None, *, sort: str) -> Notice:
        """Read a callback.

        Args:
            body: its exact bytes, as received.
            headers: its headers, in any case.
            secret: the signing secret; several during a rotation.
            sort: the sort of its job.

        Raises:
            CallbackRefused: its signature is missing or wrong, or it is not a callback of this provider.
            OptionError: the provider signs and no secret is given, or the reverse.
            NotOffered: the provider documents no callbacks.
        """
        places = self._profile.webhook
        if places is None:
            raise NotOffered(self._contract.title, "callback", "Use wait(), which polls.")
        verified = self._verified(body, headers, secret)
        document = _parsed(body)
        inner = self._inner(document, places)
        id_ = pointers.text(document, places.id) or pointers.text(inner, places.id)
        if id_ is None:
            raise CallbackRefused(f"it has no job id at {', '.join(places.id)}")
        job = Job(id_, self._contract.provider, sort)
        return Notice(job, pointers.text(document, places.event), self._outcome(job, inner, places), verified)

    def _verified(self, body: bytes, headers: Mapping[str, str], secret: str | Sequence[str] | None) -> bool:
        signature = self._contract.callbacks.signature
        secrets = (secret,) if isinstance(secret, str) else tuple(secret or ())
        if signature is None:
            if secrets:
                raise OptionError(
                    "secret", "…", then=f"{self._contract.title} signs nothing: put a secret into your URL."
                )
            return False
        if not secrets or not all(secrets):
            raise OptionError(
                "secret", secret and "…", then=f"{self._contract.title} signs its callbacks: give the secret."
            )
        for one in secrets:
            check_whole("secret", one, secret=True)
        self._check(signature, body, headers, secrets)
        return True

    def _check(self, signature: Signature, body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
        sent = {name.lower(): value for name, value in headers.items()}.get(signature.header.lower())
        if sent is None:
            raise CallbackRefused(f"it has no {signature.header}")
        if not any(verify(signature, secret, body, sent) for secret in secrets):
            raise CallbackRefused(f"its {signature.header} does not sign its bytes with the secret")

    def _inner(self, document: Any, places: WebhookPlaces) -> Any:
        """The job itself: the body, or a part of it, which may be JSON text."""
        inside = pointers.first(document, places.inside)
        if isinstance(inside, str):
            return _parsed(inside.encode())
        return document if inside is None else inside

    def _outcome(self, job: Job, inner: Any, places: WebhookPlaces) -> Outcome | None:
        """The outcome of the job; None if the body only reports its end."""
        rows = next(
            (
                rows
                for rows in (self._profile.jobs[job.sort], *self._profile.jobs.values())
                if self._outcomes.urls(rows, inner)
            ),
            None,
        )
        word = pointers.text(inner, places.state)
        state: StateKind | None = self._outcomes.state(word)
        if state is None and self._error_reader.is_error(IncomingResponse(200, {}, orjson.dumps(inner))):
            state = "failed"
        elif state is None and rows is not None:
            state = "succeeded"
        if state is None:
            return None
        results = self._outcomes.results(rows, inner) if rows and state in ("succeeded", "partial") else ()
        why = self._outcomes.failure(inner, places.failure) if state == "failed" else None
        return Outcome(job, state, word or state, results, why, raw=inner)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise CallbackRefused("its body is not JSON") from None
