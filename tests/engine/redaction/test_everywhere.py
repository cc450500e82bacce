"""No secret leaves, wherever it was put and however it is written; and no innocent text is cut."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import orjson
import pytest
from engine.redaction.planted_secrets import KINDS, Plant, Planter, Rig, generated, readings, rig, written

from mockreel.engine.redaction import Fingerprints

PROVIDERS = ("runflow", "aimlapi", "runninghub")
# Five of each kind for each provider; `nox -s secrets` asks for thousands, over MOCKREEL_SECRETS.
COUNT = int(os.environ.get("MOCKREEL_SECRETS", 5 * len(KINDS) * len(PROVIDERS)))
TOGETHER = 12
KEY = "an-honest-key-of-24-signs"
NAMED_FIELDS = {
    *("prompt", "metadata", "api_key", "apiKey", "Authorization", "client_secret", "password", "accessToken"),
    "x-api-key",
}


def _leaks(found: Rig, secrets: dict[str, list[str]], *, needed: set[str]) -> list[str]:
    """Which secret shows where."""
    leaks = []
    forms = {secret: written(secret) for secret in secrets}
    for outlet, text in found.shown().items():
        output = readings(text)
        for secret, places in secrets.items():
            if outlet == "snapshot" and secret in needed:
                continue
            leaks += [f"{outlet}: {one!r} of {secret!r}, {places}" for one in forms[secret] if one in output][:1]
    return leaks


@dataclass(frozen=True)
class Turn:
    """One secret: what kind it is of, in which operation it stands, whether as a key, and in which places."""

    kind: str
    secret: str
    operation: str
    stranger: bool
    plants: list[Plant]


def _turns(planter: Planter, seed: int) -> Iterator[Turn]:
    """Each kind as a stranger and as a key; one operation after the other."""
    for number, (kind, secret) in enumerate(generated(seed, COUNT // len(PROVIDERS))):
        operation = planter.operations[number % len(planter.operations)]
        stranger = number // len(KINDS) % 2 == 1
        plants = planter.as_stranger(operation, secret, KEY) if stranger else planter.as_key(operation, secret)
        yield Turn(kind, secret, operation.id, stranger, _sample(list(plants), number))


def _planted(name: str, seed: int) -> Iterator[tuple[Rig, dict[str, list[str]], set[str]]]:
    """A few secrets at a time in the places of the operations."""
    with rig(name) as found:
        turns = list(_turns(Planter(found), seed))
        for begin in range(0, len(turns), TOGETHER):
            some: dict[str, list[str]] = {}
            needed: set[str] = set()
            for turn in turns[begin : begin + TOGETHER]:
                some[turn.secret] = [turn.kind, turn.operation, "stranger" if turn.stranger else "key"]
                for plant in turn.plants:
                    status = found.send(plant.method, plant.target, plant.headers, plant.body)
                    assert status < 500 or status in (501, 503, 504), (plant, status)
                    if plant.needed:
                        needed.add(turn.secret)
            found.client.post("/_mockreel/clock/advance", json={"seconds": 100})
            yield found, some, needed
            found.client.post("/_mockreel/reset")


def _sample(plants: list[Plant], number: int) -> list[Plant]:
    """Some of the places; over the secrets all places occur; the one that few operations have always does."""
    step = max(1, len(plants) // 12)
    rare = [one for one in plants if one.place == "model"]
    return [*plants[number % step :: step], *rare]


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_secret_is_found_in_any_outlet(name: str) -> None:
    """Some of each kind, in every place: log, journal, archive, pages, control API, snapshot."""
    leaks = [leak for found in _planted(name, 12) for leak in _leaks(found[0], found[1], needed=found[2])]

    assert leaks == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_sample_has_every_kind_in_every_place(name: str) -> None:
    """Each kind in both roles; each operation; each place that a request has, for both roles."""
    with rig(name) as found:
        planter = Planter(found)
        turns = list(_turns(planter, 12))
        reached = {(turn.stranger, _sort(plant)) for turn in turns for plant in turn.plants}
        there = {
            (stranger, _sort(plant))
            for operation in planter.operations
            for stranger, plants in (
                (False, planter.as_key(operation, "s3cret-9")),
                (True, planter.as_stranger(operation, "s3cret-9", KEY)),
            )
            for plant in plants
        }

    roles = {(kind, stranger) for kind in KINDS for stranger in (True, False)}
    assert {(turn.kind, turn.stranger) for turn in turns} == roles
    assert {turn.operation for turn in turns} == {operation.id for operation in planter.operations}
    assert there - reached == set()


def _sort(plant: Plant) -> str:
    """What place it is; a field that is named after the secret has no name."""
    named = plant.place.startswith("field ") and plant.place[6:] not in NAMED_FIELDS
    return "field of that name" if named else plant.place


SENTENCES = (
    "A test of the label in a boat at the status of tea.",
    "A token ring, a secret garden, the password of a speakeasy; key=C minor, sign: stop",
    "the secret: treasure, the password: swordfish, authorization: granted",
    "Bearer of bad news, basic instincts, digest of the week; sk-ating rink; ask-me-anything-1234567890",
    "纸船在水坑上, a boat “in quotes” and \\ a backslash\nand a line",
    "019b76da-a800-7335-9e7a-f48a3848d822 and 2013508786110730241 and d41d8cd98f00b204e9800998ecf8427e",
    "Look at https://cdn.example.com/a/8f7d6e5c4b3a29181716/img-2024-01-01.png?w=10&h=20&sort=key#t=4, it is fine.",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "mail me at someone@example.com or call +49 30 1234567",
    '{"prompt": "inside", "tokens": 12, "key": "C"}',
)
FIELDS = {
    "max_tokens": 5,
    "page_token": "next-page-please",
    "key": "C minor",
    "sign": "stop",
    "session": "morning",
    "policy": "relaxed",
    "author": "anonymous-writer-12",
    "order": ["17", 18, None, True],
}
SHORT = ("test", "a", "key", "dev-key", "secret", "runflow", "12345678", "my-test")


@pytest.mark.parametrize("key", SHORT)
@pytest.mark.parametrize("name", PROVIDERS)
def test_innocent_texts_stay_whole(name: str, key: str) -> None:
    """With any word as a key: byte for byte in the journal, and in the job's record."""
    with rig(name) as found:
        planter = Planter(found)
        operation = next(one for one in planter.operations if one.submits)
        own = planter.own(operation, key)
        sent = []
        for text in SENTENCES:
            body = planter.good(operation, {"prompt": text, "metadata": FIELDS})
            assert found.send(operation.method, planter.path(operation), own, body) < 500
            sent.append(body)
        assert [entry.body for entry in found.simulator.journal] == sent
        stored = [entry["body"] for entry in found.journal()]
        assert stored == [orjson.loads(body) for body in sent]
        if name != "aimlapi":  # whose jobs keep no prompt
            answer = [found.client.get(f"/_mockreel/jobs/{name}/{job.id}").text for job in found.part.jobs]
            assert len(answer) == len([text for text in SENTENCES if any(_says(one, text) for one in answer)])


def _says(shown: str, text: str) -> bool:
    return json.dumps(text, ensure_ascii=False)[1:-1] in shown


def test_where_a_callback_goes_stays_readable() -> None:
    """A path of words and numbers, an id, a query of one's own."""
    url = "http://127.0.0.1:9/webhooks/runflow/job-42/019b76da-a800-7335-9e7a-f48a3848d822?run=7&name=a+boat#top"
    with rig("runflow") as found:
        planter = Planter(found)
        operation = next(one for one in planter.operations if one.id == "create_run")
        body = planter.good(operation, {"prompt": "x", "callback_url": url})
        found.send("POST", planter.path(operation), planter.own(operation, KEY), body)
        (job,) = found.part.jobs

        assert found.client.get(f"/_mockreel/jobs/runflow/{job.id}").json()["callback_url"] == url
        assert found.journal()[0]["body"]["callback_url"] == url


def test_a_short_key_is_masked_in_its_place() -> None:
    """In a header it is not stored, in a field or a parameter that is named after a key it is not shown."""
    with rig("runninghub") as found:
        body = orjson.dumps({"apiKey": "test", "taskId": "1", "note": "a test"})
        found.send("POST", "/task/openapi/status?apiKey=test&q=test", [("content-type", "application/json")], body)
        (entry,) = found.journal()

        assert entry["body"] == {"apiKey": "…", "taskId": "1", "note": "a test"}
        assert entry["query"] == "apiKey=…&q=test"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_key_in_a_path_appears_nowhere(name: str) -> None:
    """In each parameter of each path, and behind each path: whatever is answered, under whatever status."""
    leaks: list[str] = []
    with rig(name) as found:
        planter = Planter(found)
        for number, (kind, secret) in enumerate(generated(77, 2 * len(planter.operations))):
            operation = planter.operations[number % len(planter.operations)]
            path, whole = planter.path(operation), quote(secret, safe="")
            targets = [f"{path}/{whole}", *_with_each_step(operation.path, path, whole)]
            for target in targets:
                headers = planter.own(operation, secret)
                assert found.send(operation.method, target, headers, planter.good(operation, {})) < 505
            shown = readings("\n".join(found.quick().values()))
            leaks += [f"{kind} {operation.id} {targets}: {one!r}" for one in written(secret) if one in shown][:1]
            found.client.post("/_mockreel/reset")

    assert leaks == []


def _with_each_step(template: str, path: str, secret: str) -> Iterator[str]:
    """A path with a secret in the place of each of its parameters."""
    steps, own = template.split("/"), path.split("/")
    for number, step in enumerate(steps[: len(own)]):
        if step.startswith("{"):
            yield "/".join([*own[:number], secret, *own[number + 1 :]])


HIDDEN = "Tr0ub4dor-and-3-horses"
MULTIPART = '--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--B--\r\n'
NAMES = ("password", "token", "client_secret", "private_key", "apiKey", "x-api-key", "Authorization", "otp")


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("name", PROVIDERS)
def test_a_secrets_place_is_one_in_every_form_of_a_body(name: str, field: str) -> None:
    """A part of a form, JSON inside of JSON (twice, too), and what a receiver of webhooks says."""
    inner = json.dumps({"a": [{field: HIDDEN}]})
    with rig(name) as found:
        planter = Planter(found)
        operation = next(one for one in planter.operations if one.submits)
        headers = planter.own(operation, KEY)
        json_kind, form = ("content-type", "application/json"), ("content-type", "multipart/form-data; boundary=B")
        for text in (inner, json.dumps({"deeper": inner}), json.dumps([inner])):
            body = planter.good(operation, {"metadata": {"json": text}, "prompt": text})
            found.send(operation.method, planter.path(operation), [*headers, json_kind], body)
        part = MULTIPART.format(name=field, value=HIDDEN).encode()
        found.send(operation.method, planter.path(operation), [*headers, form], part)
        found.client.post("/_mockreel/clock/advance", json={"seconds": 100})

        assert [outlet for outlet, text in found.shown().items() if HIDDEN in readings(text)] == []


@pytest.mark.parametrize(
    ("key", "output"),
    [
        ("0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF"),
        ("AbCdEf-0123456789-xyz", "abcdef-0123456789-xyz"),
        ("0123456789abcdef0123456789abcdef", "01234567\u200b89abcdef0123456789abcdef"),
        ("an-honest-key-of-24-signs", "an-hon\u00adest-key\ufeff-of-24-\u2060signs"),
    ],
)
def test_a_key_is_recognised_in_other_case_and_with_invisible_characters(key: str, output: str) -> None:
    """As typed by hand, or changed by a text program."""
    known = Fingerprints([key])

    for text in (output, f"the key {output}, it is", json.dumps({"a": output}, ensure_ascii=False)):
        shown = known.masked_text(text)
        assert output not in shown
        assert "…" in shown


def test_the_address_of_a_subscription_hides_its_token() -> None:
    """Like that of a callback: in requests and in responses."""
    token = "8f7d6e5c4b3a29181716aabbccdd"
    with rig("runflow") as found:
        headers = [("authorization", f"Bearer {KEY}"), ("content-type", "application/json")]
        body = orjson.dumps({"url": f"http://127.0.0.1:9/hooks/{token}", "name": "n", "event_types": ["run.completed"]})
        assert found.send("POST", "/v1/webhooks", headers, body) == 201
        assert found.send("GET", "/v1/webhooks", headers) == 200

        shown = found.shown()
        assert [outlet for outlet, text in shown.items() if token in text and outlet != "snapshot"] == []
        assert "http://127.0.0.1:9/hooks/" in shown["journal?bodies=true&limit=10000"]
