"""Facts of a page other than its model: the server and headers of a call, other parameters, the response."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.runflow.field_row import TYPES
from mockreel.authoring.runninghub.endpoint_page import read_endpoint_page
from mockreel.contract.data.parser import Cursor

Rows = dict[str, Any]

_KIND = rf"(?:{'|'.join(TYPES)})(?:\[\])?(?: \| null)?"
_GLUED = re.compile(rf"(?P<name>[A-Za-z_]\w*?)(?P<kind>{_KIND})(?P<need>required|optional)?(?P<rest>.*)\Z")
_HEADS = {
    "parameters": re.compile(r"(?:#+ )?Request parameters\s*\Z", re.IGNORECASE),
    "output": re.compile(r"(?:#+ )?Output schema\s*\Z", re.IGNORECASE),
    "webhook": re.compile(r"(?:#+ )?(?:Callback|Webhook) payload\s*\Z", re.IGNORECASE),
}
_TABLE = re.compile(r"(?:FieldType|ParameterType|\|)", re.IGNORECASE)
_QUOTED = re.compile(r"[\u201c\"`]([\w.-]+)[\u201d\"`]")
_CURL = re.compile(r"curl\b[^\n]*?(?P<url>https?://[^\s'\"]+)")
_HEADER = re.compile(r"(?:-H|--header)\s+[\"'](?P<name>[\w-]+):\s*(?P<value>[^\"'\n]*)")
_RETRIES = re.compile(r"Retries\**:\s*(?P<text>.+)")
_SENT = re.compile(r"Headers\**:\s*(?P<text>.+)")
_SENTENCE = re.compile(r"`?(?P<name>[A-Z]\w*(?:-\w+)+)`?(?P<rest>[^.]*)")
_STATUS = re.compile(r"^Responses\s+\D{0,3}(?P<status>[1-5]\d\d)", re.MULTILINE)
_SCHEMAS: Mapping[str, Rows] = {
    "float": {"type": "number"},
    "json": {},
    **{kind: {"type": "string"} for kind in ("image", "video", "audio", "file")},
}


def runflow_documents(row: Cursor, docs: Docs) -> Iterator[tuple[str, Rows]]:
    """The facts of each page of a `runflow-page` row other than its model."""
    for name in _pages(row, docs):
        with docs.part(name):
            yield name, runflow_rows(docs.text(name))


def runflow_rows(text: str) -> Rows:
    """The rows of one page, without those that it does not show."""
    lines = text.splitlines()
    rows = _call(text)
    tables = {name: dict(_fields(lines, head)) for name, head in _HEADS.items()}
    for name, direction in (("parameters", "requests"), ("output", "replies"), ("webhook", "replies")):
        if tables[name]:
            needed = [field for field, (_, required) in tables[name].items() if required]
            schema = {"type": "object", "properties": {field: one for field, (one, _) in tables[name].items()}}
            rows["messages"][name] = {"direction": direction, "schema": {**schema, "required": needed}}
    if found := _RETRIES.search(text):
        rows["retries"] = _retries(found["text"])
    if found := _SENT.search(text):
        rows["webhook_headers"] = {
            one["name"]: {"always": "always" in one["rest"]} for one in _SENTENCE.finditer(found["text"])
        }
    return rows


def runninghub_documents(row: Cursor, docs: Docs) -> Iterator[tuple[str, Rows]]:
    """The facts of each page of a `runninghub-registry` row other than its model."""
    for name in _pages(row, docs):
        with docs.part(name):
            text = docs.text(name)
            page = read_endpoint_page(text, name)
            rows = _call(text)
            rows["statuses"] = {found["status"]: {} for found in _STATUS.finditer(text)}
            rows["messages"]["response"] = {"direction": "replies", "schema": shape(page.response)}
            yield name, rows


def shape(sample: Any) -> Rows:
    """A schema with the keys and types of a sample; null may be anything."""
    if isinstance(sample, Mapping):
        return {
            "type": "object",
            "properties": {key: shape(value) for key, value in sample.items()},
            "required": list(sample),
        }
    if isinstance(sample, list):
        return {"type": "array", **({"items": shape(sample[0])} if sample else {})}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {} if sample is None else {"type": kinds[type(sample)]}


def _pages(row: Cursor, docs: Docs) -> Iterator[str]:
    pages = row.maybe("pages")
    for number, item in enumerate(pages.value if pages else ()):
        page = Cursor(f"{row.where} /pages/{number}", item)
        name = page.at("file").text()
        if not docs.passes_over(name, served=page.get("served", True)):
            yield name


def _call(text: str) -> Rows:
    """The server of the sample call and its headers; of an API key only its form."""
    found = _CURL.search(text)
    url = urlsplit(found["url"]) if found else None
    sent = {one["name"]: _spelled(one["value"]) for one in _HEADER.finditer(text)}
    return {
        **({"servers": {f"{url.scheme}://{url.netloc}": {}}} if url else {}),
        **({"sent": sent} if sent else {}),
        "messages": {},
    }


def _spelled(value: str) -> str:
    """A header's value without its placeholder for a key."""
    scheme, _, rest = value.partition(" ")
    if rest:
        return scheme
    return "" if re.search(r"KEY|TOKEN|[$\[<{]", value) else value


def _fields(lines: Sequence[str], head: re.Pattern[str]) -> Iterator[tuple[str, tuple[Rows, bool]]]:
    """The fields of the table below a heading, each with its schema and whether it is required."""
    start = next((number for number, line in enumerate(lines) if head.match(line)), None)
    in_table = False
    for line in lines[start + 1 :] if start is not None else ():
        if not in_table:
            in_table = bool(_TABLE.match(line))
            continue
        found = _cells(line)
        if found is None:
            if line.strip(" |-:"):
                return
            continue
        name, kind, need, rest = found
        yield name, (_schema(kind, rest), need == "required")


def _cells(line: str) -> tuple[str, str, str, str] | None:
    if line.startswith("|"):
        cells = [cell.strip().strip("`") for cell in line.strip("|\n ").replace("\\|", "\0").split("|")]
        cells = [cell.replace("\0", "|") for cell in cells]
        if len(cells) < 2 or not re.fullmatch(r"\w+", cells[0]) or not re.fullmatch(_KIND, cells[1]):
            return None
        need = next((cell for cell in cells[2:3] if cell in ("required", "optional")), "")
        return cells[0], cells[1], need, " ".join(cells[2:])
    found = _GLUED.match(line)
    return (found["name"], found["kind"], found["need"] or "", found["rest"]) if found else None


def _schema(kind: str, text: str) -> Rows:
    bare = kind.removesuffix(" | null").removesuffix("[]")
    schema = dict(_SCHEMAS.get(bare, {"type": bare}))
    values = list(dict.fromkeys(_QUOTED.findall(text)))
    if schema.get("type") == "string" and len(values) > 1:
        schema["enum"] = values
    if kind.removesuffix(" | null").endswith("[]"):
        schema = {"type": "array", "items": schema}
    if kind.endswith(" | null") and "type" in schema:
        schema["type"] = [schema["type"], "null"]
        schema |= {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema


def _retries(text: str) -> Rows:
    attempts = re.search(r"(\d+) attempts?", text)
    delays = re.search(r"\(([^)]*\d[^)]*)\)", text)
    on = re.search(r"[Rr]etries on ([^.]*)", text)
    return {
        "attempts": int(attempts[1]) if attempts else None,
        "delays": [one.strip() for one in delays[1].split(",")] if delays else None,
        "on": {word: {} for word in _classes(on[1])} if on else None,
    }


def _classes(text: str) -> list[str]:
    words = re.split(r"/|,|\band\b|\bor\b", text.removesuffix("only").strip())
    return [word.strip() for word in words if word.strip()]
