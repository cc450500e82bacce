"""Real documents of the providers, each in a folder of its own with data built from it, and edits of them."""

import copy
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from drift.edits import Edit, Truth, edits

from mockreel._data import data_root
from mockreel.authoring import build
from mockreel.authoring.document_references import References
from mockreel.authoring.documents.openapi3 import translate
from mockreel.drift.comparison import docs_drift
from mockreel.drift.finding import VERDICTS, Finding
from mockreel.drift.schema_drift import Direction

Write = Callable[[Path], None]


def documents() -> Path | None:
    """The folder of the providers' real documents, where a variable names it."""
    named = os.environ.get("MOCKREEL_DOCS") or os.environ.get("MOCKREEL_DOCS")
    return Path(named) if named else None


@dataclass(frozen=True)
class Case:
    """One edit of one document: how it is written, what is true of it, and the schemas that a witness is tried on."""

    title: str
    truth: Truth
    direction: Direction
    group: str
    write: Write
    schemas: tuple[Any, Any] | None = None

    @property
    def harm(self) -> str:
        """Whether the edit breaks, helps or does not affect users of the docs."""
        if self.truth in ("same", "gone", "new"):
            return {"same": "same", "gone": "gone", "new": "harmless"}[self.truth]
        narrower = self.truth == "narrower"
        return "harmful" if self.truth == "other" or narrower == (self.direction == "requests") else "harmless"


def worst(findings: list[Finding]) -> str:
    """The verdict on the whole of an edit."""
    return min((finding.verdict for finding in findings), key=VERDICTS.index, default="none")


class Bench:
    """Data built from a few documents at a time, and what drift says of each edit of them."""

    def __init__(self, docs: Path, folder: Path) -> None:
        self._docs = docs
        self._folder = folder
        self._built: dict[str, tuple[Path, Path]] = {}

    def findings(self, case: Case) -> list[Finding]:
        """What drift finds once the edit is made; the documents are as they were afterwards."""
        root, docs = self._ready(case.group)
        edited = self._folder / "edited"
        shutil.rmtree(edited, ignore_errors=True)
        shutil.copytree(docs, edited)
        case.write(edited)
        return list(docs_drift(root, edited))

    def _ready(self, group: str) -> tuple[Path, Path]:
        if group not in self._built:
            provider, *files = group.split(" ")
            folder = self._folder / str(len(self._built))
            root, docs = folder / "root", folder / "docs"
            for file in files:
                (docs / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self._docs / file, docs / file)
            if provider == "runninghub":
                _few_models(docs, 3)
            _root(root, provider, files)
            build(docs, root)
            self._built[group] = root, docs
        return self._built[group]


def _root(root: Path, provider: str, files: list[str]) -> None:
    own = root / "schemas" / provider / "sources.yaml"
    own.parent.mkdir(parents=True)
    sources = yaml.safe_load((data_root() / "schemas" / provider / "sources.yaml").read_text("utf-8"))
    for row in sources["build"]:
        row["pages"] = [page for page in row.get("pages", ()) if page["file"] in files]
        for key in ("catalogue", "lists"):
            if row.get(key, {}).get("file") not in files:
                row.pop(key, None)
    own.write_text(yaml.safe_dump(sources, sort_keys=False), encoding="utf-8")
    contract = root / "contracts" / provider / "openapi.yaml"
    contract.parent.mkdir(parents=True)
    contract.write_text('{"openapi": "3.1.0", "x-mockreel": {"key": []}, "paths": {}}', encoding="utf-8")


REGISTRY, PRICES = "runninghub/model-registry.public.json", "runninghub/pricing.public.json"


CATALOGUE = "runninghub/catalogue-2026-08-01.json"
# The lists of endpoints, and what each calls its list.
LISTS = {REGISTRY: "models", CATALOGUE: "endpoints"}


def _few_models(docs: Path, most: int) -> None:
    chosen = {model["endpoint"] for model in _chosen(docs, most)}
    for name, key in LISTS.items():
        path = docs / name
        listed = json.loads(path.read_text("utf-8"))
        few = [model for model in listed[key] if model["endpoint"] in chosen]
        path.write_text(json.dumps({**listed, key: few}), encoding="utf-8")


def _chosen(docs: Path, most: int) -> list[dict[str, Any]]:
    """A few models that both lists have, the same ones each time."""
    newer = {model["endpoint"] for model in json.loads((docs / CATALOGUE).read_text("utf-8"))["endpoints"]}
    models = json.loads((docs / REGISTRY).read_text("utf-8"))["models"]
    both = [model for model in models if model["endpoint"] in newer]
    return random.Random(7).sample(both, min(most, len(both)))


def openapi_cases(docs: Path, *, seed: int, most: int) -> Iterator[Case]:
    """Edits of AI/ML API's files: requests and responses, at every depth."""
    files = sorted(path.relative_to(docs).as_posix() for path in (docs / "aimlapi/openapi").rglob("*.json"))
    parsed = {file: json.loads((docs / file).read_text("utf-8")) for file in files}
    models = {file: _models(document) for file, document in parsed.items()}
    draw = random.Random(seed)
    for _ in range(most):
        file = draw.choice(files)
        group = " ".join(["aimlapi", *(other for other in files if other == file or models[other] & models[file])])
        drawn = draw.random(), draw.random()
        places = list(_places(parsed[file]))
        if not places:
            continue
        place, direction = places[int(drawn[0] * len(places))]
        schema = _at(parsed[file], place)
        every = list(edits(schema))
        edit = every[int(drawn[1] * len(every))]
        if not _decides(edit):
            continue
        write = _writes(file, parsed[file], place, edit.schema)
        known = References(file, {file: parsed[file]}.__getitem__)
        pair = (translate(schema, "before", known)[0], translate(edit.schema, "after", known)[0])
        yield Case(f"{file} {place[-4:]} {edit.at}: {edit.kind}", edit.truth, direction, group, write, pair)


def _decides(edit: Edit) -> bool:
    """Whether the truth is certain: a branch may be covered by another, a format may know a length of its own."""
    node = _at(edit.schema, edit.at.split("|")[1:])
    fixed = node.get("format") in ("uuid", "date", "date-time", "ipv4") and "er" in edit.kind
    return not fixed and not any(word in edit.at for word in ("|anyOf|", "|oneOf|"))


def _models(document: Any) -> set[str]:
    found: set[str] = set()
    for item in document["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found |= set(content.get("schema", {}).get("properties", {}).get("model", {}).get("enum", ()))
    return found


def _places(document: Any) -> Iterator[tuple[list[str], Direction]]:
    """Where schemas stand in a file, with the direction of their messages."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            json_body = ["content", "application/json", "schema"]
            if "requestBody" in operation:
                yield ["paths", path, method, "requestBody", *json_body], "requests"
            for status, response in operation["responses"].items():
                if "content" in response:
                    yield ["paths", path, method, "responses", status, *json_body], "replies"


def _at(node: Any, place: list[str]) -> Any:
    for step in place:
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


def _writes(file: str, document: Any, place: list[str], schema: Any) -> Write:
    def write(folder: Path) -> None:
        edited = copy.deepcopy(document)
        _at(edited, place[:-1])[place[-1]] = schema
        (folder / file).write_text(json.dumps(edited), encoding="utf-8")

    return write


def registry_cases(docs: Path) -> Iterator[Case]:
    """Edits of RunningHub's two lists: every parameter of a few models, in either."""
    group = f"runninghub {REGISTRY} {CATALOGUE} {PRICES}"
    chosen = {model["endpoint"] for model in _chosen(docs, 3)}
    for name, key in LISTS.items():
        for model in json.loads((docs / name).read_text("utf-8"))[key]:
            for place, param in enumerate(model["params"] if model["endpoint"] in chosen else ()):
                for kind, truth, change in _param_changes(param):
                    title = f"{name} {model['endpoint']} {place}: {kind}"
                    yield Case(title, truth, "requests", group, _list_write(name, model["endpoint"], place, change))


def _list_write(name: str, endpoint: str, place: int, change: dict[str, Any]) -> Write:
    def write(folder: Path) -> None:
        path = folder / name
        listed = json.loads(path.read_text("utf-8"))
        model = next(model for model in listed[LISTS[name]] if model["endpoint"] == endpoint)
        model["params"][place] |= change
        path.write_text(json.dumps(listed), encoding="utf-8")

    return write


def _param_changes(param: dict[str, Any]) -> Iterator[tuple[str, Truth, dict[str, Any]]]:
    yield "another description", "same", {"description": "Said in another way.", "label": "x"}
    if not param["required"] and param["type"] != "BOOLEAN":
        yield "required", "narrower", {"required": True}
    options = param.get("options") or []
    if param["type"] == "LIST" and len(options) > 1:
        yield "an option goes", "narrower", {"options": options[:-1]}
        yield "in another order", "same", {"options": options[::-1]}
        new = {"value": "zz-other"} if isinstance(options[0], dict) else "zz-other"
        yield "an option comes", "wider", {"options": [*options, new]}
    if "max" in param:
        yield "a lower maximum", "narrower", {"max": param["max"] - 1}
        yield "a higher maximum", "wider", {"max": param["max"] + 1}
    if "min" in param:
        yield "a higher minimum", "narrower", {"min": param["min"] + 1}
        yield "a lower minimum", "wider", {"min": param["min"] - 1}
    if "maxLength" in param:
        yield "shorter", "narrower", {"maxLength": param["maxLength"] - 1}
        yield "longer", "wider", {"maxLength": param["maxLength"] + 1}
    if "accept" in param and len(kinds := json.loads(param["accept"])) > 1:
        yield "a kind of file goes", "narrower", {"accept": json.dumps(kinds[1:])}
        yield "kinds in another order", "same", {"accept": json.dumps(kinds[::-1])}
        yield "a kind of file comes", "wider", {"accept": json.dumps([*kinds, "ZZZ"])}
    for size in (key for key in ("maxSize", "maxSizeMB") if key in param):
        yield "smaller files", "narrower", {size: param[size] - 1}
        yield "larger files", "wider", {size: param[size] + 1}
    if "step" in param:
        yield "larger steps", "narrower", {"step": param["step"] * 2}


def page_cases(docs: Path) -> Iterator[Case]:
    """Edits of Runflow's pages: the tables of the input, of the callback and of the call, and the lines beside them."""
    for file in ("seeds/000_d58024a0d156e893.txt", "seeds/001_fd4c5bad6767785b.txt"):
        if (docs / file).is_file():
            text = (docs / file).read_text("utf-8")
            for title, truth, direction, old, new in _PAGE:
                if old in text:
                    yield Case(f"{file} {title}", truth, direction, f"runflow {file}", _replaces(file, old, new))


def _replaces(file: str, old: str, new: str) -> Write:
    def write(folder: Path) -> None:
        path = folder / file
        path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")

    return write


_PAGE: tuple[tuple[str, Truth, Direction, str, str], ...] = (
    ("an option goes", "narrower", "requests", "optional4s, 6s, 8s", "optional4s, 6s"),
    ("an option comes", "wider", "requests", "optional4s, 6s, 8s", "optional4s, 6s, 8s, 10s"),
    ("options in another order", "same", "requests", "optional4s, 6s, 8s", "optional8s, 4s, 6s"),
    ("a field is required", "narrower", "requests", "seedintegeroptional", "seedintegerrequired"),
    ("a field need not be there", "wider", "requests", "promptstringrequired", "promptstringoptional"),
    ("another type", "other", "requests", "seedintegeroptional", "seedstringoptional"),
    (
        "the callback's address is required",
        "narrower",
        "requests",
        "callback_urlstring | nulloptional",
        "callback_urlstring | nullrequired",
    ),
    ("the callback's address is never null", "narrower", "requests", "callback_urlstring | null", "callback_urlstring"),
    (
        "no address for callbacks",
        "gone",
        "requests",
        "callback_urlstring | nulloptional",
        "callback_tostring | nulloptional",
    ),
    (
        "an event comes",
        "wider",
        "replies",
        "\u201crun.failed\u201d,",
        "\u201crun.failed\u201d, \u201crun.paused\u201d,",
    ),
    ("an event goes", "narrower", "replies", "\u201crun.failed\u201d, ", ""),
    (
        "events in another order",
        "same",
        "replies",
        "\u201crun.completed\u201d, \u201crun.failed\u201d",
        "\u201crun.failed\u201d, \u201crun.completed\u201d",
    ),
    ("a field of the callback goes", "other", "replies", "duration_msnumber | null", "durationnumber | null"),
    ("a field of the callback may be null", "wider", "replies", "run_idstring", "run_idstring | null"),
    ("fewer attempts", "other", "replies", "Retries: 3 attempts", "Retries: 2 attempts"),
    ("more attempts", "narrower", "replies", "Retries: 3 attempts", "Retries: 4 attempts"),
    ("no retries after network errors", "other", "replies", "5xx / network errors", "5xx"),
    (
        "a header is not always sent",
        "other",
        "replies",
        "Runflow-Request-Id is always sent",
        "Runflow-Request-Id is sent on request",
    ),
    ("a header under another name", "other", "replies", "Runflow-Request-Id", "X-Request-Id"),
    ("a field of the output goes", "other", "replies", "nsfw_detectedjson", "nsfwjson"),
    ("another host", "other", "requests", "https://api.runflow.io/", "https://api2.runflow.io/"),
    ("another scheme", "other", "requests", "Authorization: Bearer ", "Authorization: Token "),
    ("another path", "other", "requests", "POST /v1/models/", "POST /v1/run/"),
)
