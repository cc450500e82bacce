"""An exchange as a curl command: what was sent, with a placeholder where the key was."""

import re
from collections.abc import Iterator
from shlex import quote

import orjson

from mockreel.engine.redaction import MASK
from mockreel.server.dashboard.export.journaled_request import WRONG_KEY, Asked

# What curl would read as a list of addresses.
_GLOB = re.compile(r"[\[\]{}]")


def curl(asked: Asked) -> str:
    """A command for a POSIX shell. The key is taken from the environment, else it is the contract's example."""
    lines = [*_address(asked), *_headers(asked), *_body(asked)]
    notes = "".join(f"# {note}\n" for note in asked.lacks)
    return notes + " \\\n  ".join(lines) + "\n"


def variable(asked: Asked) -> str:
    """The environment variable that holds the key."""
    return re.sub(r"\W", "_", asked.provider.name, flags=re.ASCII).upper() + "_KEY"


def _key(asked: Asked) -> str:
    """The key in double quotes: the variable's value, else an example that no provider admits."""
    if asked.wrong_key:
        return WRONG_KEY
    example, roles = asked.provider.contract.example_key, asked.roles
    if roles is not None:
        example = roles[1] + example.removeprefix(roles[0])
    return f"${{{variable(asked)}:-{example}}}"


def _address(asked: Asked) -> Iterator[str]:
    query = asked.query
    url = asked.provider.base_url + asked.path
    key = asked.key
    options = " -g" if _GLOB.search(query) else ""
    options += " --path-as-is" if "/." in asked.path else ""
    method = asked.entry.method
    verb = "-I" if method == "HEAD" else f"-X {quote(method)}"
    in_query = key is not None and key.kind == "query"
    if in_query and key is not None:
        joint = "&" if query else ""
        yield f'curl -sS{options} {verb} {quote(url + "?" + query + joint)}"{key.name}={_key(asked)}"'
        return
    yield f"curl -sS{options} {verb} {quote(url + ('?' + query if query else ''))}"


def _headers(asked: Asked) -> Iterator[str]:
    key = asked.key
    if key is not None and key.kind == "header":
        yield f'-H "{key.name}: {f"{key.scheme} " if key.scheme else ""}{_key(asked)}"'
    for name, value in asked.headers:
        if asked.kind != "form" or name != "content-type":  # curl writes the boundary itself
            yield f"-H {quote(f'{name}: {value}')}"
    if asked.kind in ("json", "text", "bytes") and not asked.content_type:
        yield "-H 'content-type:'"


def _body(asked: Asked) -> Iterator[str]:
    if asked.kind == "form":
        yield from _form(asked)
    elif asked.kind == "bytes":
        yield "--data-binary @FILE"
    elif asked.kind != "none":
        yield f"--data-raw {_with_key(asked, quote(asked.entry.body.decode('utf-8', 'replace')))}"


def _with_key(asked: Asked, quoted: str) -> str:
    """A quoted JSON body with the key in the place of its mask."""
    key = asked.key
    if key is None or key.kind != "body":
        return quoted
    masked = re.compile(rf'("{re.escape(key.name)}"\s*:\s*"){re.escape(MASK)}"')
    return masked.sub(lambda found: f'{found[1]}\'"{_key(asked)}"\'"', quoted, count=1)


def _form(asked: Asked) -> Iterator[str]:
    shown = orjson.loads(asked.entry.body)
    urlencoded = asked.content_type.startswith("application/x-www-form-urlencoded")
    option = "--data-urlencode" if urlencoded else "--form-string"
    key = asked.key
    for name, value in shown["fields"].items():
        if key is not None and key.kind == "body" and name == key.name:
            yield f'{option} {quote(name)}="{_key(asked)}"'
        else:
            yield f"{option} {quote(f'{name}={value}')}"
    for name, file in shown["files"].items():
        yield f"-F {quote(f'{name}=@FILE;type=' + str(file['mime']))}"
