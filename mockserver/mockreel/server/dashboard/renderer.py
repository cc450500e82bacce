"""Templates to HTML. Autoescape is on for every template, and an undefined name is an error."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mockreel.contract.messages.body import read_json
from mockreel.engine.clock import utc

HERE = Path(__file__).parent
# A longer text is cut on the page; the control API has the whole.
MOST_SHOWN = 20_000


class Block:
    """One piece of a page that can be replaced by itself; `version` changes with its content.

    It is rendered on demand: a stream sends only pieces that have changed.
    """

    __slots__ = ("_html", "_render", "key", "version")

    def __init__(self, key: str, version: str | None, render: Callable[[str | None], tuple[str, Markup]]) -> None:
        self.key = key
        self._render = render
        self._html: Markup | None = None
        if version is None:
            self.version, self._html = render(None)
        else:
            self.version = version

    @property
    def html(self) -> Markup:
        if self._html is None:
            _, self._html = self._render(self.version)
        return self._html


class Region(NamedTuple):
    """A list of blocks below one element of a page."""

    name: str
    blocks: tuple[Block, ...]


class Rendering:
    """The templates, and what they may call."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {
            "at": time_of_day,
            "iso": iso,
            "length": length,
            "json": pretty,
            "bare": bare,
            "number": grouped,
            "text": readable,
            "compact": compact,
            "code": with_code,
        }

    def compile(self) -> None:
        """Read and compile every template, so that no request has to."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def page(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)

    def region(self, name: str, rows: Iterable[tuple[str, Any]], *, tag: str = "div", **shared: Any) -> Region:
        """A region of blocks, each from the template of the region's name with its row as `it`."""
        template = self._environment.get_template(f"{name}.html")

        def block(key: str, row: Any) -> Block:
            def render(version: str | None) -> tuple[str, Markup]:
                return _around(tag, name, key, version, template.render(it=row, **shared))

            version = getattr(row, "version", None)
            return Block(key, None if version is None else _digest(version), render)

        return Region(name, tuple(block(key, row) for key, row in rows))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _around(tag: str, name: str, key: str, version: str | None, inner: str) -> tuple[str, Markup]:
    """A block's element; a row without a version has that of its text."""
    version = version or _digest(inner)
    start = Markup('<{} class="{}" data-key="{}" data-v="{}">').format(tag, name, key, version)
    return version, start + Markup(inner) + Markup(f"</{tag}>\n")  # the template has escaped it


def time_of_day(moment: float) -> str:
    """`12:03:07.250`, of the mock server, in UTC."""
    return utc(moment).strftime("%H:%M:%S.%f")[:-3]


def iso(moment: float) -> str:
    return utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def length(seconds: float | None) -> str:
    """A span of time for people."""
    if seconds is None:
        return "no end"
    if abs(seconds) < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def pretty(body: bytes) -> str:
    """A body for people: JSON indented, everything else as text."""
    try:
        shown = orjson.dumps(read_json(body), option=orjson.OPT_INDENT_2).decode() if body else ""
    except ValueError:
        shown = body.decode("utf-8", "replace")
    return shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}\n… {len(shown) - MOST_SHOWN} more characters"


def bare(url: str) -> str:
    """An address without what may be a secret in it."""
    rest, mark, _ = url.partition("?")
    scheme, slashes, place = rest.partition("://")
    host, slash, path = place.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}{'?…' if mark else ''}"


def grouped(number: float) -> str:
    """`10,000`."""
    return f"{number:,}"


def readable(data: bytes) -> str:
    """Bytes of a header as text."""
    return data.decode("latin-1")


def with_code(text: str) -> Markup:
    """A text of ours whose words between backticks are code."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 and number < len(pieces) - 1 else piece
        for number, piece in enumerate(pieces)
    )


def compact(value: Any) -> str:
    """A value as JSON on one line, for an attribute."""
    return orjson.dumps(value).decode()
