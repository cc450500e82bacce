"""RunningHub's two lists of endpoints in one form, merged so that the newer one wins."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, PageError
from mockreel.contract.data.parser import Cursor

Entry = Mapping[str, Any]
# The registry's key for each key of the catalogue.
_LISTS = {"endpoints": True, "models": False}
_KEYS = {
    "key": "fieldKey",
    "default": "defaultValue",
    "maxSizeMB": "maxSize",
    "multiple": "multipleInputs",
    "maxCount": "maxInputNum",
}
# Prose and sample addresses of files are not copied from an older list.
_PROSE = ("label", "description", "tail_insert")
_FILES = ("IMAGE", "VIDEO", "AUDIO")


@dataclass(frozen=True, slots=True)
class EndpointEntry:
    """One endpoint in the registry's form, with its sources, corrections and note."""

    entry: Entry
    where: str
    source: tuple[str, ...]
    corrections: tuple[Correction, ...] = ()
    note: str = ""
    lists: tuple["EndpointEntry", ...] = ()  # its entry in each of several lists


def read_listing(document: Any, name: str, source: str, docs: Docs | None = None) -> dict[str, EndpointEntry]:
    """The endpoints of a registry (`models`) or of a catalogue (`endpoints`), by id.

    Args:
        document: what was read.
        name: the document's name in errors.
        source: where it comes from.
        docs: if given, an entry that cannot be parsed is only left out; else it is an error.

    Raises:
        PageError: the document has neither list, or an entry lacks its endpoint, its params or a name of one.
    """
    key = next((key for key in _LISTS if isinstance(document, Mapping) and isinstance(document.get(key), list)), None)
    if key is None:
        raise PageError(name, "no list of endpoints", expected='{"models": […]} or {"endpoints": […]}')
    found: dict[str, EndpointEntry] = {}
    for number, raw in enumerate(document[key]):
        stated = raw.get("endpoint") if isinstance(raw, Mapping) else None
        with docs.part(stated if isinstance(stated, str) else "") if docs else nullcontext():
            listed = _endpoint_entry(raw, f"{name} /{key}/{number}", source, registry=not _LISTS[key])
            found[listed.entry["endpoint"]] = listed
    return found


def _endpoint_entry(raw: Any, where: str, source: str, *, registry: bool) -> EndpointEntry:
    id_ = need(raw, "endpoint", str, where)
    entry = raw if registry else _in_registry_form(raw)
    for number, param in enumerate(need(entry, "params", list, f"{where} ({id_})")):
        need(param, "fieldKey", str, f"{where} ({id_}) /params/{number}")
    return EndpointEntry(entry, f"{where} ({id_})", (source,))


def read_listings(row: Cursor, docs: Docs) -> Iterator[EndpointEntry]:
    """The endpoints of a build row: of its `catalogue` if it has one, with the facts that only its `registry` has.

    An endpoint that is missing in the newer list is kept with a note.
    """
    older = _listing(row.at("registry"), docs)
    stated = row.maybe("catalogue")
    if stated is None:
        yield from older.values()
        return
    newer = _listing(stated, docs)
    source = stated.at("source").text()
    for id_, listed in older.items():
        if id_ not in newer:
            yield EndpointEntry(listed.entry, listed.where, listed.source, note=f"{source} does not list it any more")
    for id_, listed in newer.items():
        yield with_older(listed, older[id_]) if id_ in older else listed


def with_older(newer: EndpointEntry, older: EndpointEntry) -> EndpointEntry:
    """A newer entry with the fields and keys of fields that only the older one has.

    A field is required only if both require it, so that inputs for the older list stay valid.
    """
    before = {param["fieldKey"]: param for param in older.entry["params"]}
    params, added, needed = [], dict[str, list[str]](), list[str]()
    for param in newer.entry["params"]:
        was = before.pop(param["fieldKey"], {})
        missing = _lacking(param, was)
        params.append({**missing, **param})
        if param.get("required") and not was.get("required"):
            needed.append(param["fieldKey"])
            params[-1]["required"] = False
        for key in missing:
            added.setdefault(key, []).append(param["fieldKey"])
    why = f"only {', '.join(older.source)} states it"
    removed = [{**param, "required": False} for param in before.values()]
    changes = [Correction(f"/properties/*/{key}", None, names, why) for key, names in sorted(added.items())]
    changes += [Correction(f"/properties/{param['fieldKey']}", None, "a field", why) for param in removed]
    changes += [Correction("/required", name, None, f"only {', '.join(newer.source)} requires it") for name in needed]
    return EndpointEntry(
        {**newer.entry, "params": [*params, *removed]},
        newer.where,
        (*newer.source, *older.source),
        tuple(changes),
        lists=(newer, older),
    )


def _lacking(param: Entry, before: Entry) -> dict[str, Any]:
    """The keys of a field of the same type that only the older list has."""
    if param.get("type") != before.get("type"):
        return {}
    ignored = {*_PROSE, *param} | ({"defaultValue"} if param["type"] in _FILES else set())
    return {key: value for key, value in before.items() if key not in ignored}


def _listing(at: Cursor, docs: Docs) -> dict[str, EndpointEntry]:
    name = at.at("file").text()
    with docs.part(name):
        return read_listing(docs.json(name), name, at.at("source").text(), docs)
    return {}


def _in_registry_form(entry: Entry) -> Entry:
    params = entry.get("params")
    return {**entry, "params": [_renamed(param) for param in params]} if isinstance(params, list) else entry


def _renamed(param: Any) -> Any:
    return {_KEYS.get(key, key): value for key, value in param.items()} if isinstance(param, Mapping) else param


def listed_fields(document: Any, name: str) -> Iterable[tuple[str, str]]:
    """The endpoint and name of each field that is declared as one value but sent as a list.

    Raises:
        PageError: the document has no `fields` by endpoint.
    """
    fields = document.get("fields") if isinstance(document, Mapping) else None
    if not isinstance(fields, Mapping):
        raise PageError(name, "no object under 'fields'", expected='{"fields": {endpoint: {field: {…}}}}')
    return [(id_, key) for id_, rows in fields.items() for key, row in rows.items() if row.get("payload_as_list")]


def need(entry: Any, key: str, kind: type[Any], where: str) -> Any:
    """A required value of an entry.

    Raises:
        PageError: it is missing, or of another type.
    """
    value = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(value, kind):
        raise PageError(where, f"{key!r} is {value!r}", expected=kind.__name__)
    return value
