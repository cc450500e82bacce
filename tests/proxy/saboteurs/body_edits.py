"""Changes of a JSON body, each of which breaks it in one way."""

from typing import Any

from mockreel.contract import pointers
from mockreel.contract.conversation.conversation import JobTalk


def put(body: Any, pointer: str, value: Any) -> Any:
    """A body with a value at a pointer (`*` is the first); None removes it."""
    steps = pointer.split("/")[1:]
    if not steps:
        return value
    if isinstance(body, list):
        return [put(body[0] if body else {}, "/" + "/".join(steps[1:]) if steps[1:] else "", value), *body[1:]]
    held = dict(body) if isinstance(body, dict) else {}
    rest = "/" + "/".join(steps[1:]) if steps[1:] else ""
    inner = held.get(steps[0])
    if steps[1:] and steps[1] == "*" and not isinstance(inner, list):
        inner = [{}]
    held[steps[0]] = put(inner, rest, value)
    return held


def without(body: Any, pointer: str) -> Any:
    top, _, rest = pointer[1:].partition("/")
    if not isinstance(body, dict) or top not in body:
        return body
    if rest and isinstance(body[top], dict):
        return {**body, top: without(body[top], "/" + rest)}
    return {key: value for key, value in body.items() if key != top}


def word_of(body: Any, talk: JobTalk) -> Any:
    return pointers.value(body, talk.state)


def shifted(body: Any, talk: JobTalk) -> Any:
    own = str(pointers.value(body, talk.id)) if talk.id else ""
    return put(body, talk.id, own[:-1] + ("0" if own[-1:] != "0" else "1")) if talk.id and own else body


def emptied(body: Any, talk: JobTalk) -> Any:
    holder, star, _ = talk.results[0].partition("/*")
    return put(body, holder if star else talk.results[0], [] if star else "")


def unreasoned(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {key: None if "fail" in key or "error" in key else value for key, value in body.items()}


def recoded(body: Any) -> Any:
    return {key: "NOBODY_KNOWS" if "code" in key.lower() else value for key, value in body.items()}


def stringly(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: stringly(value) for key, value in body.items()}
    if isinstance(body, list):
        return [stringly(value) for value in body]
    return str(body) if isinstance(body, int | float) and not isinstance(body, bool) else body


def unlisted(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: unlisted(value) for key, value in body.items()}
    return {"list": body} if isinstance(body, list) else body


def shouting(body: Any) -> Any:
    return {str(key).upper(): value for key, value in body.items()} if isinstance(body, dict) else body
