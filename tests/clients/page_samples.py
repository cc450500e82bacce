"""The requests that the seed pages and fact sheets print, word for word, and the inputs that a sheet lists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clients.documented_sample import IMAGE, TEXT, DocumentedSample

PROVIDERS = {"api.runflow.io": "runflow", "api.aimlapi.com": "aimlapi", "www.runninghub.ai": "runninghub"}
# Where the fact sheet of Runflow says that its two printed requests are sent.
SENT = {"label": "/v1/callback-secrets", "filename": "/v1/asset-uploads"}
ROW = r"^\| ([a-z]+/[\w./-]+) \|[^|]*\| (.*) \|$"  # a model, its price, its inputs
CURL = re.compile(r"^.*?\bcurl\b(?P<words>[^{}]*?)(?P<url>https://[^\s'\"]+)(?P<more>[^{}]*)(?P<body>\{)", re.DOTALL)


def page_samples(docs: Path) -> Iterator[DocumentedSample]:
    """Every curl command of the seed pages that has a JSON body."""
    for page in sorted((docs / "seeds").glob("*.txt")):
        rest = page.read_text("utf-8")
        while found := CURL.search(rest):
            body, end = json.JSONDecoder().raw_decode(rest, found.start("body"))
            url, rest = urlsplit(found["url"]), rest[end:]
            yield DocumentedSample(
                document=f"seeds/{page.name[:3]}",
                what=f"curl {url.path}",
                provider=PROVIDERS[url.hostname or ""],
                path=url.path,
                body=body,
            )


def sheet_samples(docs: Path) -> Iterator[DocumentedSample]:
    """The requests that Runflow's fact sheet prints, and of each model in its evidence sheet the required inputs."""
    facts = (docs / "runflow/facts.md").read_text("utf-8")
    for printed in re.findall(r"request `(\{.*?\})`", facts):
        body = json.loads(printed)
        yield _of_sheet("runflow/facts.md", next(path for name, path in SENT.items() if name in body), body)
    (sheet,) = (docs / "runflow").glob("evidence-*.md")
    for model, inputs in re.findall(ROW, sheet.read_text("utf-8"), re.MULTILINE):
        # A star marks a required input. A row without one does not say which are.
        starred = re.findall(r"(?<!`)\b(?:(\w+)\{)?(\w+)\*(?!`)", inputs)
        fields = {outer or name: {name: _value(name)} if outer else _value(name) for outer, name in starred}
        if fields:
            yield _of_sheet(f"runflow/{sheet.name}", f"/v1/models/{model}/runs", {"input": fields})


def _of_sheet(document: str, path: str, body: Any) -> DocumentedSample:
    return DocumentedSample(document=document, what=path, provider="runflow", path=path, body=body)


def _value(name: str) -> Any:
    """The value that stands for an input of which the sheet gives the name."""
    if name.startswith("color_"):
        return 128
    if name == "elements":
        return ["tag_removal"]
    if name.endswith("urls"):
        return [IMAGE]
    return IMAGE if name.startswith(("file_", "zip_")) or name.endswith("url") else TEXT
