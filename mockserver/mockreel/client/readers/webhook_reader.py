"""Read a callback, and believe it only as far as its signature goes."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mockreel.client.client_errors import CallbackRefused, NotOffered
from mockreel.client.http.steps import IncomingResponse
from mockreel.client.profile import ClientProfile, ToldPlaces
from mockreel.client.readers.error_reader import ErrorReader
from mockreel.client.readers.job_reader import Outcomes, failure
from mockreel.client.values import Job, Notice, Outcome, StateKind
from mockreel.contract import Contract, pointers
from mockreel.contract.rows import Signature
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
        """What a callback tells.

        Args:
            body: its exact bytes, as they came.
            headers: in any case.
            secret: what it is signed with; several while they are being changed.
            sort: which sort of job it is about.

        Raises:
            CallbackRefused: its signature is missing or wrong, or it is no callback of this provider.
            OptionError: the provider signs and no secret is given, or the other way round.
            NotOffered: the provider documents no callbacks.
        """
        told = self._profile.told
        if told is None:
            raise NotOffered(self._contract.title, "callback", "Use wait(), which polls.")
        verified = self._verified(body, headers, secret)
        document = _parsed(body)
        inner = self._inner(document, told)
        id_ = pointers.text(document, told.id) or pointers.text(inner, told.id)
        if id_ is None:
            raise CallbackRefused(f"it names no job at {', '.join(told.id)}")
        job = Job(id_, self._contract.provider, sort)
        return Notice(job, pointers.text(document, told.event), self._outcome(job, inner, told), verified)

    def _verified(self, body: bytes, headers: Mapping[str, str], secret: str | Sequence[str] | None) -> bool:
        signature = self._contract.callbacks.signature
        secrets = (secret,) if isinstance(secret, str) else tuple(secret or ())
        if signature is None:
            if secrets:
                raise OptionError("secret", "…", then=f"{self._contract.title} signs nothing: put one into your URL.")
            return False
        if not secrets or not all(secrets):
            raise OptionError("secret", secret and "…", then=f"{self._contract.title} signs its callbacks: give it.")
        self._check(signature, body, headers, secrets)
        return True

    def _check(self, signature: Signature, body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
        sent = {name.lower(): value for name, value in headers.items()}.get(signature.header.lower())
        if sent is None:
            raise CallbackRefused(f"it has no {signature.header}")
        if not any(verify(signature, secret, body, sent) for secret in secrets):
            raise CallbackRefused(f"its {signature.header} does not sign its bytes with the secret")

    def _inner(self, document: Any, told: ToldPlaces) -> Any:
        """Where the job itself is told: in the body, or in a part of it, which may be JSON written as text."""
        inside = pointers.first(document, told.inside)
        if isinstance(inside, str):
            return _parsed(inside.encode())
        return document if inside is None else inside

    def _outcome(self, job: Job, inner: Any, told: ToldPlaces) -> Outcome | None:
        """What is told of the job; None where a body says no more than that it has ended."""
        rows = next(
            (
                rows
                for rows in (self._profile.jobs[job.sort], *self._profile.jobs.values())
                if self._outcomes.urls(rows, inner)
            ),
            None,
        )
        word = pointers.text(inner, told.state)
        state: StateKind | None = self._outcomes.state(word)
        if state is None and self._error_reader.refused(IncomingResponse(200, {}, orjson.dumps(inner))):
            state = "failed"
        elif state is None and rows is not None:
            state = "succeeded"
        if state is None:
            return None
        results = self._outcomes.results(rows, inner) if rows and state in ("succeeded", "partial") else ()
        why = failure(inner, told.failure) if state == "failed" else None
        return Outcome(job, state, word or state, results, why, raw=inner)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise CallbackRefused("its body is not JSON") from None
