"""Read a job from a response or a callback, under any reading of the docs."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any

from mockreel.client.profile import ClientProfile, FailurePlaces, JobPlaces, Places
from mockreel.client.values import Job, JobFailure, Money, Outcome, Result, StateKind
from mockreel.contract import pointers
from mockreel.engine.artifacts.artifact import seconds

_ADDRESS = ("http://", "https://", "data:")


class Outcomes:
    """Reads the jobs of one provider.

    Args:
        shown: what a provider said, as an error may show it.
    """

    def __init__(self, profile: ClientProfile, *, shown: Callable[[str], str]) -> None:
        self._profile = profile
        self._shown = shown

    def state(self, word: str | None) -> StateKind | None:
        """The state of a word; None if no reading has it."""
        return self._profile.words.get(word.casefold()) if word else None

    def word(self, document: Any, found: Places) -> str | None:
        """The first word at the places that is a state."""
        return pointers.text(document, found)

    def read(self, job: Job, document: Any, headers: Mapping[str, str], *, word: str, state: StateKind) -> Outcome:
        """The outcome of a job."""
        rows = self._profile.jobs[job.sort]
        done = state in ("succeeded", "partial")
        return Outcome(
            job=job,
            state=state,
            word=word,
            results=self.results(rows, document) if done else (),
            failure=self.failure(document, rows.failure) if state == "failed" else None,
            spent=_charge(rows, document, headers),
            raw=document,
        )

    def failure(self, document: Any, found: FailurePlaces) -> JobFailure:
        """Why a job failed."""
        places = found.code, found.message, found.stage
        texts = [pointers.text(document, place) for place in places]
        code, message, stage = (text if text is None else self._shown(text) for text in texts)
        return JobFailure(code, message or "", stage)

    def results(self, rows: JobPlaces, document: Any) -> tuple[Result, ...]:
        """The results of a job."""
        urls = self.urls(rows, document)
        kinds, lengths = _all(document, rows.kinds), _all(document, rows.seconds)
        if not urls:
            return tuple(Result(None, text) for text in _all(document, rows.texts) if isinstance(text, str) and text)
        many = zip_longest(urls, kinds[: len(urls)], lengths[: len(urls)])
        return tuple(Result(url, None, kind, seconds(length)) for url, kind, length in many)

    def urls(self, rows: JobPlaces, document: Any) -> list[str]:
        """The URLs at the first place that has any."""
        for place in rows.results:
            found = [
                one for one in pointers.values(document, place) if isinstance(one, str) and one.startswith(_ADDRESS)
            ]
            if found:
                return found
        return []


def _all(document: Any, found: Places) -> list[Any]:
    return next((values for place in found if (values := pointers.values(document, place))), [])


def _charge(rows: JobPlaces, document: Any, headers: Mapping[str, str]) -> Money | None:
    for place in rows.spent:
        text = pointers.text(document, (place.at,), headers)
        try:
            if text is not None:
                return Money(Decimal(text) / place.per, place.currency)
        except InvalidOperation:
            continue
    return None
