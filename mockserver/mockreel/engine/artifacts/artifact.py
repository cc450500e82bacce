"""What a finished job made: which real file answers the request, where it is fetched, and fetching it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import orjson

from mockreel.contract import Contract, Model
from mockreel.contract.pricing import Cost, cost
from mockreel.engine.artifacts import media
from mockreel.engine.artifacts.own_result import OWN_RESULT, OwnResult
from mockreel.engine.jobs.job import Job

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

MEDIA = "/_mockreel/media/"
UPLOADS = "/_mockreel/uploads/"
# A job answers with so many files at most.
MOST_PIECES = 100
_SIDES = re.compile(r"\d ?[x*:] ?\d", re.IGNORECASE)


class Held(Protocol):
    """Anything that has a contract: a provider that is simulated, or a client."""

    @property
    def contract(self) -> Contract: ...


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file that a job made; lengths in seconds, sizes in pixels."""

    url: str
    clip: media.Clip
    held: bytes | None = None  # its content, where it is somebody's own

    @property
    def kind(self) -> str:
        return self.clip.kind

    def content(self, *, stamp: bytes = b"") -> bytes:
        """Its bytes; a packed clip carries the stamp, a file of one's own is served as it is."""
        return media.content(self.clip, stamp=stamp) if self.held is None else self.held


class Clips:
    """Which clip an input asks for, remembered for the newest: a job that has ended is asked about again and again."""

    def __init__(self, provider: "Provider", *, most: int = 2048) -> None:
        self._provider = provider
        self._picked = lru_cache(maxsize=most)(self._pick)

    def of(self, job: Job) -> media.Clip:
        """The clip of a job."""
        return self._picked(job.model.id if job.model else None, job.request)

    def _pick(self, model: str | None, request: bytes) -> media.Clip:
        found = self._provider.contract.models.get(model) if model is not None else None
        return media.pick(wanted(self._provider, found, _parsed(request)))


def of_job(provider: "Provider", job: Job) -> Artifact:
    """The artifact of a job that has succeeded."""
    own = own_result(provider, job)
    clip = own.clip if own is not None and own.clip is not None else provider.clips.of(job)
    held = own.content if own is not None else None
    if own is not None and own.url is not None:
        return Artifact(own.url, clip)
    return Artifact(f"{provider.base_url}{MEDIA}{quote(job.id, safe='')}{clip.suffix}", clip, held)


def own_result(provider: "Provider", job: Job) -> OwnResult | None:
    """The result of one's own that a rule gave the job at its submit."""
    text = job.plan.fields.get(OWN_RESULT)
    return None if text is None else provider.rules.results.of(text)


def own_body(provider: "Provider", job: Job) -> Any | None:
    """The JSON that somebody gave as the job's result; None without one, or where the provider tells no such type."""
    own = own_result(provider, job)
    if own is None or own.body is None or own.json_type != provider.contract.wire.get("own_output"):
        return None
    return own.body


def every(provider: "Provider", job: Job) -> tuple[Artifact, ...]:
    """All artifacts of a job that has succeeded: as many as its input asks for, each at an address of its own."""
    first = of_job(provider, job)
    count = pieces(provider, job.model, fields_of(provider, job)) if job.model else 1
    own = own_result(provider, job)
    if own is not None and own.url is not None:
        return (first,) * count  # somebody else's address may be signed: it is given as it is
    return (first, *(Artifact(f"{first.url}?n={number}", first.clip, first.held) for number in range(2, count + 1)))


def text_of(artifact: Artifact) -> str:
    """What a text says."""
    return artifact.content().decode("utf-8", "replace")


def fields_of(provider: "Provider", job: Job) -> Mapping[str, Any]:
    """The model's input as the job was given it."""
    return _parsed(job.request)


def _parsed(request: bytes) -> Mapping[str, Any]:
    body = orjson.loads(request) if request else None
    return body if isinstance(body, Mapping) else {}


def price_of(part: Held, model: Model, fields: Mapping[str, Any]) -> Cost:
    """What one job with this input costs; unknown where it depends on a length that the input does not say."""
    asked = _asked(part, model, fields)
    return cost(model, fields, seconds=asked.seconds(), default=asked.units(model.price.unit))


def pieces(part: Held, model: Model, fields: Mapping[str, Any]) -> int:
    """How many files a job with this input makes: the number that it says where a price counts files, else one."""
    return min(int(_asked(part, model, fields).count(model.price.unit)), MOST_PIECES)


def wanted(part: Held, model: Model | None, fields: Mapping[str, Any], *, stated: bool = False) -> media.Wanted:
    """What file a model's input asks for; the contract says which fields mean what.

    Args:
        stated: only what the input and the model state, and nothing of what this server plays where they are silent.
    """
    asked = _asked(part, model, fields)
    last: Mapping[str, Any] = {} if stated else asked.rows.get("defaults", {})
    kind = model.output if model else asked.text("kind") or last.get("kind", "video")
    resolution, aspect = asked.sides() or asked.text("resolution"), asked.text("aspect")
    if kind == "video":
        aspect = aspect or (None if resolution and _SIDES.search(resolution) else _text(last.get("aspect")))
        resolution = resolution or _text(last.get("resolution"))
    length, sound = asked.seconds(), asked.value("audio")
    sound = last.get("audio") if sound is None else sound
    return media.Wanted(
        kind=kind,
        seconds=seconds(last.get("duration")) if length is None else length,
        resolution=resolution,
        aspect=aspect,
        sound=sound if isinstance(sound, bool) else _text(sound) == "true",
        format=asked.text("format"),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """An input with the model's defaults; `rows` are the names of fields by what they mean."""

    rows: Mapping[str, Any]
    own: Mapping[str, Any]
    fixed: Mapping[str, Any]

    def value(self, what: str) -> Any:
        """What the input says of something, or what the model always makes."""
        found = self._first(self.rows.get(what, []))
        return self.fixed.get(what) if found is None else found

    def text(self, what: str) -> str | None:
        return _text(self.value(what))

    def seconds(self) -> float | None:
        """The length that the input says, in seconds or in frames."""
        stated = seconds(self.value("duration"))
        frames, rate = seconds(self.value("frames")), seconds(self.value("rate"))
        return frames / rate if stated is None and frames and rate else stated

    def sides(self) -> str | None:
        """Width and height where both are said apart."""
        width, height = self.text("width"), self.text("height")
        return f"{width}x{height}" if width and height else None

    def units(self, unit: str) -> float:
        """How many priced units are asked for: a number that says so, or the length of a text; else one."""
        text = self._first(self.rows.get("lengths", {}).get(unit, []))
        return max(1.0, len(text)) if isinstance(text, str) else self.count(unit)

    def count(self, unit: str) -> float:
        """The number of units that the input says, else one."""
        count = seconds(self._first(self.rows.get("counts", {}).get(unit, [])))
        return 1.0 if count is None else max(1.0, count)

    def _first(self, names: Iterable[str]) -> Any:
        return next((self.own[name] for name in names if self.own.get(name) is not None), None)


def _asked(part: Held, model: Model | None, fields: Mapping[str, Any]) -> _Asked:
    own = {**model.defaults, **fields} if model else fields
    return _Asked(part.contract.root.get("media", {}), own, model.media if model else {})


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
