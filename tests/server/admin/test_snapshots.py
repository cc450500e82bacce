"""Snapshots: a mock server as a document, and restored from it."""

import random
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from server.admin.control_rig import KEY, Admin, OpenAdmin
from support.caller import START

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.clock import Clock
from mockreel.simulator.settings import Settings
from mockreel.webhooks import MemorySender

PROVIDERS = ("runflow", "aimlapi", "runninghub")
KEYS = ("rf_live_a_key_of_mine", "another_key_of_mine")


def again(open_admin: OpenAdmin, admin: Admin, *names: str, **options: Any) -> Admin:
    """Another simulator, from the snapshot of the first, which was written to a file and read."""
    other = open_admin(*names, **{"clock": Clock(start=5.0, held=True), **options})
    other.post("restore", orjson.loads(orjson.dumps(admin.get("snapshot"))))
    return other


def test_a_restored_simulator_answers_polls_with_the_same_bytes(open_admin: OpenAdmin) -> None:
    """With every provider, for jobs in every state, now and as time goes on; new jobs are the same, too."""
    admin = open_admin(*PROVIDERS)
    jobs = []
    for seconds in (0, 1, 2, 100, 0.7):
        admin.advance(seconds)
        jobs += [(provider, admin.perform(provider, key=key), key) for provider in PROVIDERS for key in KEYS]
    admin.post(f"jobs/runflow/{jobs[-5][1]}/cancel", {"reason": "enough"})
    admin.post(f"jobs/runninghub/{jobs[-1][1]}/fail")

    other = again(open_admin, admin, *PROVIDERS)

    for seconds in (0, 0.5, 1, 100):
        for one in (admin, other):
            one.advance(seconds)
        output = [[one.poll(provider, id_, key=key) for provider, id_, key in jobs] for one in (admin, other)]
        assert output[0] == output[1]
    assert [admin.perform(name, key=KEYS[0]) for name in PROVIDERS] == [
        other.perform(name, key=KEYS[0]) for name in PROVIDERS
    ]
    assert admin.get("snapshot") == other.get("snapshot")


def test_callbacks_that_were_to_come_come(open_admin: OpenAdmin, sink: MemorySender) -> None:
    """Of jobs that are under way, of attempts that are due later, with the same bytes and signatures."""
    admin = open_admin("runflow")
    admin.ask("POST", "/v1/callback-secrets", {"label": "mine"})
    admin.ask("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/hook", "secret": "webhook-secret"})
    sink.receiver = lambda _: 500
    admin.perform("runflow")
    admin.advance(3)
    admin.perform("runflow")
    sink.sent.clear()
    document = admin.get("snapshot")
    admin.advance(100)
    expected = list(sink.sent)
    sink.sent.clear()

    other = open_admin("runflow")
    other.post("restore", document)
    other.advance(100)

    assert len(expected) >= 4
    assert sink.sent == expected


def test_a_snapshot_restores_what_was(admin: Admin) -> None:
    """What came after the snapshot has never been."""
    first = admin.submit()
    document = admin.get("snapshot")
    second = admin.submit()
    admin.advance(50)
    admin.post("rules", {"scenario": "fail"})

    about = admin.post("restore", document)

    assert about["clock"]["now"] == START
    assert [job["id"] for job in admin.get("jobs")["jobs"]] == [first]
    assert admin.get("rules")["rules"] == []
    assert admin.get("journal")["count"] == 0
    assert admin.submit() == second


def test_listed_accounts_are_found_by_their_names_others_by_order(open_admin: OpenAdmin) -> None:
    """A listed key keeps its account, whichever key comes first; other keys take the others as they come."""
    keys = [KeyEntry("en_listed_key_one", "acme", balance=Decimal("7.25")), KeyEntry("en_listed_key_two", "bee")]
    admin = open_admin(keys=keys)

    def jobs_of(one: Admin, key: str) -> list[str]:
        reply = one.ask("GET", "/v1/jobs", headers={"authorization": f"Bearer {key}"})
        return [job["id"] for job in reply.json()["jobs"]]

    first = {key: admin.perform_encore(key) for key in ("en_open_key_first", "en_listed_key_one", "en_open_key_second")}
    other = open_admin(keys=keys)
    other.post("restore", admin.get("snapshot"))

    assert jobs_of(other, "en_listed_key_two") == []
    assert jobs_of(other, "en_quite_another") == [first["en_open_key_first"]]
    assert jobs_of(other, "en_listed_key_one") == [first["en_listed_key_one"]]
    assert jobs_of(other, "en_and_one_more") == [first["en_open_key_second"]]
    assert jobs_of(other, "en_and_a_third_one") == []
    balances = {row["account"]: row["balance"] for row in other.get("balances")["balances"]}
    assert balances["acme"] == {row["account"]: row["balance"] for row in admin.get("balances")["balances"]}["acme"]


def test_balances_that_were_set_are_stored(admin: Admin) -> None:
    """With what was added by hand, and whether there is a limit."""
    admin.submit()
    admin.post("balances", {"provider": "encore", "account": "account-1", "balance": "3.5"})
    before = admin.get("balances")

    admin.post("restore", admin.get("snapshot"))

    assert _without_keys(admin.get("balances")) == _without_keys(before)


def _without_keys(document: Any) -> Any:
    """A snapshot has no key: which account is whose shows when it is used again."""
    return [{name: value for name, value in row.items() if name != "keys"} for row in document["balances"]]


def test_rules_are_stored_with_what_they_have_met(admin: Admin) -> None:
    """A rule for the second request still waits for one."""
    admin.post("rules", {"scenario": "unavailable", "nth": 2})
    admin.submit()
    before = admin.get("rules")

    admin.post("restore", admin.get("snapshot"))

    assert admin.get("rules") == before
    assert admin.ask("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": "x"}}).status_code == 503
    assert admin.post("rules", {"scenario": "fail"})["id"] == 2


def test_uploads_are_stored(open_admin: OpenAdmin) -> None:
    """And served as before."""
    admin = open_admin("runninghub")
    files = {"file": ("a.png", b"\x89PNG\r\n\x1a\n\x00\xff", "image/png")}
    reply = admin.ask("POST", "/openapi/v2/media/upload/binary", files=files)
    url = reply.json()["data"]["download_url"]

    other = again(open_admin, admin, "runninghub")

    assert other.client.get(url).content == b"\x89PNG\r\n\x1a\n\x00\xff"


def test_what_stands_in_several_places_is_one_thing_again(open_admin: OpenAdmin) -> None:
    """A batch, its runs and the account know each other; its callback comes once."""
    admin = open_admin("runflow")
    model = "google/veo3.1/lite"
    body = {"input": [{"prompt": word} for word in "ab"], "callback_url": "http://127.0.0.1:9/hook"}
    made = admin.ask("POST", f"/v1/models/{model}/batches", body)
    assert made.status_code == 201, made.text
    path = f"/v1/batches/{made.json()['id']}"

    other = again(open_admin, admin, "runflow")

    for one in (admin, other):
        one.advance(100)
    assert admin.ask("GET", path).content == other.ask("GET", path).content
    assert len(other.get("deliveries")["deliveries"]) == 1


def test_no_key_and_no_hash_of_one_is_in_it(open_admin: OpenAdmin) -> None:
    """Wherever the program has put its key, in bodies, queries, prompts and addresses."""
    admin = open_admin(*PROVIDERS)
    for key in KEYS:
        for provider in PROVIDERS:
            admin.perform(provider, key=key)
        url = f"http://127.0.0.1:9/{key}?apiKey={key}"
        start = {"apiKey": key, "workflowId": "1850925505116598274", "webhookUrl": url}
        admin.ask("POST", "/runninghub/task/openapi/create", start, headers={})
        headers = {"authorization": f"Bearer {key}", "idempotency-key": key}
        admin.ask("POST", f"/runflow/v1/runs?key={key}", {"prompt": f"my {key}"}, headers=headers)
    admin.advance(1)

    text = admin.client.get("/_mockreel/snapshot").text

    assert [key for key in KEYS if key in text or key.removeprefix("rf_live_") in text] == []
    hashes = [name for simulated in admin.simulator.providers.values() for name in simulated.keyring.accounts]
    assert [one for one in hashes if one in text] == []


SPELLED = {
    "as Runflow's keys are": "rf_live_0123456789abcdef0123456789abcdef",
    "of one piece many times": "ab12x" * 8,
    "with signs": 'Tr0ub4dor&3 <xyz>\\"q',
    "as a model": "google/veo3.1/lite",
    "as a class": "Workflow-Extra-Shelf",
    "as a field": "balance_changed_1",
}


@pytest.mark.parametrize("kind", SPELLED)
@pytest.mark.parametrize("place", ["metadata", "client_ref", "prompt", "idempotency", "label", "url"])
def test_a_snapshot_of_ones_own_can_always_be_restored(open_admin: OpenAdmin, kind: str, place: str) -> None:
    """However a key is spelled and wherever somebody has written it; and it is not in there."""
    admin, key = open_admin("runflow"), SPELLED[kind]
    headers = {"authorization": f"Bearer {key}".encode()}
    body: dict[str, Any] = {"input": {"prompt": key if place == "prompt" else "x"}}
    if place == "metadata":
        body["metadata"] = {"a": {key: [f"before{key}after", key]}}
    elif place == "client_ref":
        body["client_ref"] = key[:100]
    elif place == "idempotency":
        headers["idempotency-key"] = key.encode()
    elif place == "url":
        body["callback_url"] = f"http://127.0.0.1:9/hook/{quote(key, safe='')}"
    assert admin.ask("POST", "/v1/models/google/veo3.1/lite/runs", body, headers=headers).status_code == 201
    if place == "label":
        assert admin.ask("POST", "/v1/callback-secrets", {"label": key}, headers=headers).status_code == 201
    document = admin.get("snapshot")

    again(open_admin, admin, "runflow")

    texts = [orjson.dumps(document), *_bytes_of(document)]
    spelled = [key.encode(), orjson.dumps(key)[1:-1]]
    assert kind == "as a model" or not [text for text in texts if any(one in text for one in spelled)]


def _bytes_of(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        if value.keys() == {"bytes"}:
            yield b64decode(value["bytes"])
        for inner in value.values():
            yield from _bytes_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _bytes_of(inner)


def change(*path: Any, to: Any) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return apply


JOB = ("providers", "encore", "jobs", 0)


@pytest.mark.parametrize(
    ("spoil", "status", "says"),
    [
        (change("snapshot", to=1), 400, "its form is 1. Expected 2. Take a new one"),
        (change("seed", to=9), 409, "Serve with --seed 9"),
        (change("mockreel", to="0.0.1"), 409, "taken by mockreel 0.0.1; this is"),
        (change("providers", "encore", "contract", to="x"), 409, "version x of the contract of encore"),
        (change("clock", "now", to=7), 400, "its seal does not fit"),
        (change("seal", to="x"), 400, "its seal does not fit"),
        (change(*JOB, "created", to=1.5), 400, "its seal does not fit"),
        (change(*JOB, "created", to=1e300), 400, "/created: 1e+300 is greater than"),
        (change("providers", to={}), 409, "this one has encore"),
        (change("providers", "encore", "readings", to={"envelope": "bare"}), 409, "--reading encore:envelope=bare"),
        (change("clock", "speed", to=0), 400, "/clock/speed"),
        (change("clock", "now", to="x"), 400, "/clock/now"),
        (change("clock", to=None), 400, "/clock"),
        (change(*JOB, "model", to="encore/x"), 400, "'encore/x' is not a model. Expected one of encore/"),
        (change(*JOB, "account", to=7), 400, "7 is not an account"),
        (change(*JOB, "plan", "states", to=["x"]), 400, "'x' is not a state. Expected one of waiting"),
        (change(*JOB, "plan", "states", to=["waiting"]), 400, "not one moment for each state"),
        (change(*JOB, "plan", "failure", to="x"), 400, "'x' is not a failure"),
        (change(*JOB, "extra", to={"object": {"class": "os.system"}}), 400, "object cannot be"),
        (change(*JOB, "extra", to={"py/object": "os.system"}), 400, "py/object is not a sort of value"),
        (change(*JOB, "extra", to={"bytes": "%"}), 400, "bytes cannot be"),
        (change(*JOB, "extra", to={"same": 5}), 400, "same cannot be '5'"),
        (change(*JOB, "extra", to={}), 400, "an empty object"),
        (
            change("providers", "encore", "state", to={"object": {"class": "Memory", "number": 1, "fields": {}}}),
            400,
            "o",
        ),
        (
            change("providers", "encore", "state", "object", "fields", to={"secret": 5}),
            400,
            "Memory.secret cannot be '5'",
        ),
        (change("providers", "encore", "accounts", 0, "balance", to="NaN"), 400, "'NaN' is not an amount"),
        (change("due", to=[{"at": 1, "what": "end", "provider": "encore", "id": "x"}]), 400, "'x' is not a job"),
        (change("due", 0, "what", to="x"), 400, "/due/0/what"),
        (change("rules", to=[{"id": 1}]), 400, "/rules/0"),
    ],
)
def test_what_is_no_snapshot_changes_nothing(
    spoil: Callable[[Any], None], status: int, says: str, admin: Admin
) -> None:
    """And says what is wrong with it, and where."""
    admin.submit(tell="http://127.0.0.1:9/hook")
    document = admin.get("snapshot")
    before = deepcopy(document)
    spoil(document)

    answer = admin.post("restore", document, status)

    assert says in answer["detail"]
    assert admin.get("snapshot") == before


@pytest.mark.parametrize("body", [{}, {"snapshot": None}, {"jobs": []}])
def test_what_is_quite_another_thing_is_refused(body: Any, admin: Admin) -> None:
    """A document that has nothing of a snapshot."""
    assert "the snapshot" in admin.post("restore", body, 400)["detail"]


def test_readings_and_seed_of_the_simulator_must_be_those_of_the_snapshot(open_admin: OpenAdmin) -> None:
    """The same ones are used."""
    options: Any = {"readings": {"envelope": "bare"}, "settings": Settings(seed=3)}
    admin = open_admin(**options)
    admin.submit()

    assert again(open_admin, admin, **options).get("jobs") == admin.get("jobs")


def test_an_idempotent_request_is_still_answered_as_before(open_admin: OpenAdmin) -> None:
    """Promised responses are still sent."""
    admin = open_admin("runflow")
    headers = {**KEY, "idempotency-key": "once"}
    model = "google/veo3.1/lite"

    def ask(one: Admin) -> bytes:
        reply = one.ask("POST", f"/v1/models/{model}/runs", {"input": {"prompt": "x"}}, headers=headers)
        return reply.content

    first = ask(admin)

    assert ask(again(open_admin, admin, "runflow")) == first


def test_faults_that_are_to_befall_callbacks_are_stored(open_admin: OpenAdmin, sink: MemorySender) -> None:
    """A callback that comes late or twice does so after the restore, too."""
    admin = open_admin()
    admin.post("rules", {"fault": {"name": "callback-duplicated"}})
    admin.submit(tell="http://127.0.0.1:9/hook")
    document = admin.get("snapshot")

    other = open_admin()
    other.post("restore", document)
    other.advance(100)

    assert len(sink.sent) == 2


def test_what_was_changed_is_refused_or_is_the_same(open_admin: OpenAdmin) -> None:
    """A thousand changes in places that are drawn: each is refused with a reason, or takes nothing away."""
    admin = open_admin()
    admin.submit(tell="http://127.0.0.1:9/hook", input={"prompt": "a red door"})
    admin.advance(1)
    document = admin.get("snapshot")
    draw = random.Random(9)
    statuses = Counter[int]()
    for _ in range(1000):
        spoilt = _spoilt(document, draw)
        answer = admin.client.post("/_mockreel/restore", json=spoilt)
        statuses[answer.status_code] += 1
        if answer.status_code == 200:
            assert spoilt == document

    assert set(statuses) <= {200, 400, 409}
    assert statuses[400] > 900
    assert admin.get("jobs")["count"] == 1


def _spoilt(document: Any, draw: random.Random) -> Any:
    """The document with another value at one place, or without what stands there."""
    spoilt = deepcopy(document)
    inside, step = draw.choice(list(_places(spoilt)))
    odd: tuple[Any, ...] = (None, True, -1, 1e300, 10**17, "", "x", [], {}, [[]], {"a": 1}, "1e999", "\x00", ["x", 1])
    if draw.random() < 0.2:
        del inside[step]
    else:
        inside[step] = draw.choice(odd)
    return spoilt


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for step in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, step
        if isinstance(value[step], dict | list):
            yield from _places(value[step])
