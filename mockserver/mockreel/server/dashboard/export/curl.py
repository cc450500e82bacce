"""An exchange as a curl command: what was sent, with a placeholder where the key was."""

import re
from collections.abc import Iterator
from shlex import quote

import orjson

from mockreel.engine.redaction import MASK
from mockreel.server.dashboard.export.journal_request import WRONG_KEY, JournaledRequest

# What curl would read as a list of addresses.
_GLOB = re.compile(r"[\[\]{}]")


def curl(request: JournaledRequest) -> str:
    """A command for a POSIX shell. The key is read from the environment; its default is the contract's example."""
    lines = [*_address(request), *_headers(request), *_body(request)]
    notes = "".join(f"# {note}\n" for note in request.lacks)
    return notes + " \\\n  ".join(lines) + "\n"


def variable(request: JournaledRequest) -> str:
    """The environment variable that holds the key."""
    return re.sub(r"\W", "_", request.provider.name, flags=re.ASCII).upper() + "_KEY"


def _key(request: JournaledRequest) -> str:
    """The key in double quotes: the variable's value, else an example that no provider admits."""
    if request.wrong_key:
        return WRONG_KEY
    example, roles = request.provider.contract.example_key, request.roles
    if roles is not None:
        example = roles[1] + example.removeprefix(roles[0])
    return f"${{{variable(request)}:-{example}}}"


def _address(request: JournaledRequest) -> Iterator[str]:
    query = request.query
    url = request.provider.base_url + request.path
    key = request.key
    options = " -g" if _GLOB.search(query) else ""
    options += " --path-as-is" if "/." in request.path else ""
    method = request.entry.method
    verb = "-I" if method == "HEAD" else f"-X {quote(method)}"
    in_query = key is not None and key.kind == "query"
    if in_query and key is not None:
        joint = "&" if query else ""
        yield f'curl -sS{options} {verb} {quote(url + "?" + query + joint)}"{key.name}={_key(request)}"'
        return
    yield f"curl -sS{options} {verb} {quote(url + ('?' + query if query else ''))}"


def _headers(request: JournaledRequest) -> Iterator[str]:
    key = request.key
    if key is not None and key.kind == "header":
        yield f'-H "{key.name}: {f"{key.scheme} " if key.scheme else ""}{_key(request)}"'
    for name, value in request.headers:
        if request.kind != "form" or name != "content-type":  # curl writes the boundary itself
            yield f"-H {quote(f'{name}: {value}')}"
    if request.kind in ("json", "text", "bytes") and not request.content_type:
        yield "-H 'content-type:'"


def _body(request: JournaledRequest) -> Iterator[str]:
    if request.kind == "form":
        yield from _form(request)
    elif request.kind == "bytes":
        yield "--data-binary @FILE"
    elif request.kind != "none":
        yield f"--data-raw {_with_key(request, quote(request.entry.body.decode('utf-8', 'replace')))}"


def _with_key(request: JournaledRequest, quoted: str) -> str:
    """A quoted JSON body with the key in the place of its mask."""
    key = request.key
    if key is None or key.kind != "body":
        return quoted
    masked = re.compile(rf'("{re.escape(key.name)}"\s*:\s*"){re.escape(MASK)}"')
    return masked.sub(lambda found: f'{found[1]}\'"{_key(request)}"\'"', quoted, count=1)


def _form(request: JournaledRequest) -> Iterator[str]:
    shown = orjson.loads(request.entry.body)
    urlencoded = request.content_type.startswith("application/x-www-form-urlencoded")
    option = "--data-urlencode" if urlencoded else "--form-string"
    key = request.key
    for name, value in shown["fields"].items():
        if key is not None and key.kind == "body" and name == key.name:
            yield f'{option} {quote(name)}="{_key(request)}"'
        else:
            yield f"{option} {quote(f'{name}={value}')}"
    for name, file in shown["files"].items():
        yield f"-F {quote(f'{name}=@FILE;type=' + str(file['mime']))}"
