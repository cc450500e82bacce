"""What a finished job made: which real file answers the request, where it is fetched, and fetching it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import orjson

from mockreel.contract import Contract, Model
from mockreel.contract.pricing import Cost, cost
from mockreel.engine.artifacts import media
from mockreel.engine.artifacts.custom_result import OWN_RESULT, OwnResult
from mockreel.engine.jobs.job import Job

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

MEDIA = "/_mockreel/media/"
UPLOADS = "/_mockreel/uploads/"
# A job answers with so many files at most.
MOST_PIECES = 100
_SIDES = re.compile(r"\d ?[x*:] ?\d", re.IGNORECASE)


class HasContract(Protocol):
    """Anything that has a contract: a provider that is simulated, or a client."""

    @property
    def contract(self) -> Contract: ...


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file that a job made; lengths in seconds, sizes in pixels."""

    url: str
    clip: media.Clip
    own_content: bytes | None = None  # its content, if the result is a user's file

    @property
    def kind(self) -> str:
        return self.clip.kind

    def content(self, *, stamp: bytes = b"") -> bytes:
        """Its bytes; a packed clip carries the stamp, a file of one's own is served as it is."""
        return media.content(self.clip, stamp=stamp) if self.own_content is None else self.own_content


class Clips:
    """The clip for an input, cached for the newest jobs: finished jobs are polled again and again."""

    def __init__(self, provider: "Provider", *, most: int = 2048) -> None:
        self._picked = lru_cache(maxsize=most)(partial(_pick, provider))  # a method would hold itself

    def of(self, job: Job) -> media.Clip:
        return self._picked(job.model.id if job.model else None, job.request)


def _pick(provider: "Provider", model: str | None, request: bytes) -> media.Clip:
    found = provider.contract.models.get(model) if model is not None else None
    return media.pick(clip_request(provider, found, _parsed(request)))


def of_job(provider: "Provider", job: Job) -> Artifact:
    own = own_result(provider, job)
    clip = own.clip if own is not None and own.clip is not None else provider.clips.of(job)
    own_content = own.content if own is not None else None
    if own is not None and own.url is not None:
        return Artifact(own.url, clip)
    return Artifact(f"{provider.base_url}{MEDIA}{quote(job.id, safe='')}{clip.suffix}", clip, own_content)


def own_result(provider: "Provider", job: Job) -> OwnResult | None:
    """The result of one's own that a rule gave the job at its submit."""
    text = job.plan.fields.get(OWN_RESULT)
    return None if text is None else provider.rules.results.of(text)


def own_body(provider: "Provider", job: Job) -> Any | None:
    """The user's JSON for the job's result; None without one, or if the provider's results have another type."""
    own = own_result(provider, job)
    if own is None or own.body is None or own.json_type != provider.contract.wire.get("own_output"):
        return None
    return own.body


def every(provider: "Provider", job: Job) -> tuple[Artifact, ...]:
    """All artifacts of a successful job: as many as its input requests, each with its own URL."""
    first = of_job(provider, job)
    count = pieces(provider, job.model, fields_of(provider, job)) if job.model else 1
    own = own_result(provider, job)
    if own is not None and own.url is not None:
        return (first,) * count  # a user's URL may be signed: it is returned unchanged
    return (
        first,
        *(Artifact(f"{first.url}?n={number}", first.clip, first.own_content) for number in range(2, count + 1)),
    )


def text_of(artifact: Artifact) -> str:
    """The parsed JSON of a text."""
    return artifact.content().decode("utf-8", "replace")


def fields_of(provider: "Provider", job: Job) -> Mapping[str, Any]:
    """The model's input as the job was given it."""
    return _parsed(job.request)


def _parsed(request: bytes) -> Mapping[str, Any]:
    body = orjson.loads(request) if request else None
    return body if isinstance(body, Mapping) else {}


def price_of(part: HasContract, model: Model, fields: Mapping[str, Any]) -> Cost:
    """The price of one job with this input; unknown if it depends on a length that the input does not state."""
    media_input = _media_input(part, model, fields)
    return cost(model, fields, seconds=media_input.seconds(), default=media_input.units(model.price.unit))


def pieces(part: HasContract, model: Model, fields: Mapping[str, Any]) -> int:
    """The number of files of a job: what the input states if the price counts files, else one."""
    return min(int(_media_input(part, model, fields).count(model.price.unit)), MOST_PIECES)


def clip_request(
    part: HasContract, model: Model | None, fields: Mapping[str, Any], *, stated: bool = False
) -> media.ClipRequest:
    """The file that a model's input requests; the contract defines what the fields mean.

    Args:
        stated: only what the input and the model state, without this server's defaults.
    """
    media_input = _media_input(part, model, fields)
    last: Mapping[str, Any] = {} if stated else media_input.rows.get("defaults", {})
    kind = model.output if model else media_input.text("kind") or last.get("kind", "video")
    resolution, aspect = media_input.sides() or media_input.text("resolution"), media_input.text("aspect")
    if kind == "video":
        aspect = aspect or (None if resolution and _SIDES.search(resolution) else _text(last.get("aspect")))
        resolution = resolution or _text(last.get("resolution"))
    length, sound = media_input.seconds(), media_input.value("audio")
    sound = last.get("audio") if sound is None else sound
    return media.ClipRequest(
        kind=kind,
        seconds=seconds(last.get("duration")) if length is None else length,
        resolution=resolution,
        aspect=aspect,
        sound=sound if isinstance(sound, bool) else _text(sound) == "true",
        format=media_input.text("format"),
    )


@dataclass(frozen=True, slots=True)
class _MediaInput:
    """An input with the model's defaults; `rows` are the names of fields by what they mean."""

    rows: Mapping[str, Any]
    own: Mapping[str, Any]
    fixed: Mapping[str, Any]

    def value(self, what: str) -> Any:
        """The input's value for a property, or the model's fixed one."""
        found = self._first(self.rows.get(what, []))
        return self.fixed.get(what) if found is None else found

    def text(self, what: str) -> str | None:
        return _text(self.value(what))

    def seconds(self) -> float | None:
        """The input's length, from seconds or frames."""
        stated = seconds(self.value("duration"))
        frames, rate = seconds(self.value("frames")), seconds(self.value("rate"))
        return frames / rate if stated is None and frames and rate else stated

    def sides(self) -> str | None:
        """Width and height, if both are given separately."""
        width, height = self.text("width"), self.text("height")
        return f"{width}x{height}" if width and height else None

    def units(self, unit: str) -> float:
        """The number of priced units: a number in the input, or the length of a text; else one."""
        text = self._first(self.rows.get("lengths", {}).get(unit, []))
        return max(1.0, len(text)) if isinstance(text, str) else self.count(unit)

    def count(self, unit: str) -> float:
        count = seconds(self._first(self.rows.get("counts", {}).get(unit, [])))
        return 1.0 if count is None else max(1.0, count)

    def _first(self, names: Iterable[str]) -> Any:
        return next((self.own[name] for name in names if self.own.get(name) is not None), None)


def _media_input(part: HasContract, model: Model | None, fields: Mapping[str, Any]) -> _MediaInput:
    own = {**model.defaults, **fields} if model else fields
    return _MediaInput(part.contract.root.get("media", {}), own, model.media if model else {})


def seconds(value: Any) -> float | None:
    """A length as the providers write it: `8`, `"8"`, `"8s"`; None where it is none of these."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    digits = str(value).strip().lower().removesuffix("s")
    try:
        return float(digits)
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
