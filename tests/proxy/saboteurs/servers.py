"""The broken servers."""

from dataclasses import replace

from proxy.saboteurs.body_edits import (
    emptied,
    put,
    recoded,
    shifted,
    shouting,
    stringly,
    unlisted,
    unreasoned,
    without,
    word_of,
)
from proxy.saboteurs.broken_server import (
    Forgetful,
    OneId,
    Server,
    accepting,
    at_errors,
    at_polls,
    at_submits,
    backwards,
    bare,
    edited,
    everywhere,
    reworded,
    unlimited,
    with_header,
)

from mockreel.contract.messages.message import json_response


def servers() -> tuple[Server, ...]:
    """Every broken server, made again, as some of them remember."""
    url = "https://cdn.example.com/early.mp4"
    return (
        at_polls("unknown-state", lambda body, talk: put(body, talk.state, "sleeping")),
        at_polls("state-in-capitals", lambda body, talk: put(body, talk.state, str(word_of(body, talk)).swapcase())),
        at_polls("state-is-null", lambda body, talk: put(body, talk.state, None)),
        at_polls("state-is-a-number", lambda body, talk: put(body, talk.state, 3)),
        at_polls("another-id", lambda body, talk: put(body, talk.id, "another") if talk.id else body),
        at_polls("another-id-of-its-form", shifted),
        at_polls("early-result", lambda body, talk: put(body, talk.results[0], url), when="running"),
        at_polls("early-result-when-queued", lambda body, talk: put(body, talk.results[0], url), when="queued"),
        at_polls("no-result", lambda body, talk: without(body, talk.results[0].partition("/*")[0]), when="succeeded"),
        at_polls(
            "null-result",
            lambda body, talk: put(body, "/" + talk.results[0].split("/")[1], None),
            when="succeeded",
        ),
        at_polls("empty-result", emptied, when="succeeded"),
        at_polls("result-is-no-url", lambda body, talk: put(body, talk.results[0], 7), when="succeeded"),
        at_polls("failure-without-reason", lambda body, _: unreasoned(body), when="failed"),
        at_polls("first-field-lost", lambda body, _: dict(list(body.items())[1:])),
        at_polls("body-is-a-list", lambda body, _: [body]),
        at_polls("wrapped", lambda body, _: {"data": body}),
        at_submits("submit-without-id", lambda response: edited(response, lambda body: dict(list(body.items())[1:]))),
        at_submits("submit-with-299", lambda response: replace(response, status=299)),
        at_submits("submit-with-202", lambda response: replace(response, status=202)),
        at_submits("submit-is-html", lambda response: with_header(response, b"content-type", b"text/html")),
        at_submits("submit-is-no-json", lambda response: replace(response, body=response.body[:-3])),
        at_submits("submit-is-empty", lambda response: replace(response, body=b"")),
        at_submits(
            "submit-is-refused", lambda response: json_response(422, {"code": "VALIDATION_ERROR", "message": "no"})
        ),
        at_submits("usage-lost", lambda response: with_header(response, b"x-aimlapi-credits-used", None)),
        at_submits("inference-id-lost", lambda response: with_header(response, b"x-inference-id", None)),
        at_submits("usd-is-words", lambda response: reworded(response, b"x-aimlapi-usd-spent", b"lots")),
        Server("one-id-for-all", OneId()),
        Server("heeds-no-idempotency-key", Forgetful()),
        Server("limit-ignored", unlimited),
        at_submits("all-headers-lost", bare),
        Server("accepts-what-is-wrong", accepting),
        backwards(),
        at_errors("errors-as-200", lambda response: replace(response, status=200)),
        at_errors("errors-as-418", lambda response: replace(response, status=418)),
        at_errors("errors-in-a-foreign-form", lambda response: json_response(response.status, {"fault": "no"})),
        at_errors(
            "errors-as-html",
            lambda response: replace(response, body=b"<html>", headers=((b"content-type", b"text/html"),)),
        ),
        at_errors("errors-with-a-strange-code", lambda response: edited(response, recoded)),
        at_errors("errors-are-500", lambda response: replace(response, status=500)),
        everywhere("numbers-as-text", lambda response: edited(response, stringly)),
        everywhere("lists-are-objects", lambda response: edited(response, unlisted)),
        everywhere("all-keys-in-capitals", lambda response: edited(response, shouting)),
    )
