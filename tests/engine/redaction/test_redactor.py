"""What of a message may be stored, by its place and by what it is."""

import base64
import json
import re
import time
from hashlib import sha256
from urllib.parse import quote

import hypothesis
import orjson
import pytest
from hypothesis import strategies as st

from mockreel.engine.redaction import (
    MASK,
    MOST_MASKED,
    Credentials,
    Fingerprints,
    Redactor,
    Strangers,
    is_key,
    left_out,
    names_secret,
    without_files,
)

KEY = "a/key+with=signs-12"
R = Redactor(["secret"], callbacks=["callback_url"], prefixes=["rf_live_"])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "token",
            "access_token",
            "api-key",
            "apiKey",
            "API_KEY",
            "x-api-key",
            "X-Amz-Signature",
            "SIG",
            "password",
            "_jwt",
        ),
        *(
            "accessPassword",
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "client_secret",
            "privateKey",
            "dbpassword",
        ),
        *(
            "xapikey",
            "AWSAccessKeyId",
            "otp",
            "id_token",
            "passwd",
            "pwd",
            "session_id",
            "credential",
            "aws_secret_access_key",
            "connectionString",
        ),
    ],
)
def test_the_name_of_a_field_marks_a_secret(name: str) -> None:
    """In whatever way its words are joined."""
    assert names_secret(name)
    assert R.value({name: ["x", {"y": 5}], "z": 1}) == {name: [MASK, {"y": MASK}], "z": 1}
    assert R.query(f"{name}=short&b=2".encode()) == f"{name}={MASK}&b=2"


@pytest.mark.parametrize(
    "name",
    [
        *("max_tokens", "tokens", "page_token", "nextPageToken", "key", "sign", "author", "design", "signal", "monkey"),
        *(
            "idempotency-key",
            "keyframes",
            "add_signature",
            "secretary",
            "cookies_accepted",
            "prompt",
            "input_signature",
        ),
    ],
)
def test_another_name_marks_no_secret(name: str) -> None:
    """A count, a page, a musical key: the value stays."""
    assert R.value({name: "C minor"}) == {name: "C minor"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:mine@example.com/x?token=abc&n=1", f"http://{MASK}@example.com/x?token={MASK}&n=1"),
        ("https://example.com/a?page=2&sort=key#top", "https://example.com/a?page=2&sort=key#top"),
        ("https://a.example/T02AB/B9/xK29dPq8LmZ4tRw1", f"https://a.example/T02AB/B9/{MASK}"),
        ("https://a.example/jobs/019b76da-a800-7335-9e7a-f48a3848d822/42", None),
        ("https://a.example/x#access_token=abc&n=1", f"https://a.example/x#access_token={MASK}&n=1"),
        ("http://[::1", None),
        ("not an address", None),
    ],
)
def test_a_callback_url_is_shown_without_credentials(url: str, shown: str | None) -> None:
    """A user, a parameter by its name, and what looks drawn in its path; an id and words stay."""
    assert R.address(url) == (shown or url)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_address_inside_of_an_address_is_masked_too(times: int) -> None:
    """A redirection that carries a token, percent-encoded once or more often; one without a secret stays."""
    inner, innocent = "https://x.example/?api_key=abc&n=1", "https://x.example/?w=5&n=1"
    for _ in range(times):
        inner, innocent = quote(inner, safe=""), quote(innocent, safe="")

    assert "abc" not in R.query(f"to={inner}".encode())
    assert "abc" not in R.text(f"Look at https://y.example/?to={inner}, please.")
    assert "abc" not in R.body(orjson.dumps({"to": inner})).decode()
    assert R.value({"to": innocent}) == {"to": innocent}


DRAWN = "Xk39fPqL0aVn2RtYu8Zb"


@pytest.mark.parametrize("name", ["webhook", "webhook_url", "webhookUrl", "callbackURL", "notify_url", "webhooks"])
def test_the_address_of_a_webhook_is_known_by_its_name(name: str) -> None:
    """A provider that has no such field leaves it alone; its receiver's token is a secret all the same."""
    for url in (f"http://h.example/in/{DRAWN}", f"http://h.example/in#{DRAWN}", f"http://h.example/in;k={DRAWN}"):
        assert DRAWN not in R.body(orjson.dumps({"input": {name: url}, name: [url]})).decode()
    assert R.value({name: "https://h.example/in/video-done"}) == {name: "https://h.example/in/video-done"}


def test_a_loose_name_means_each_text_of_a_list() -> None:
    """As it means a text of its own."""
    assert R.value({"auth": [DRAWN, "C minor", {"x": 5}]}) == {"auth": [MASK, "C minor", {"x": 5}]}


@pytest.mark.parametrize("text", ["export API_KEY={}; run", "password='{}'", "a token={}, please", "auth={}"])
def test_a_secret_is_masked_where_a_text_assigns_it(text: str) -> None:
    """In a prompt, or in JSON inside of it, if it can be nothing else."""
    assert R.value({"prompt": text.format(DRAWN)}) == {"prompt": text.format(MASK)}
    inner = orjson.dumps({"a": text.format(DRAWN)}).decode()
    assert DRAWN not in R.body(orjson.dumps({"metadata": inner})).decode()
    assert R.value({"prompt": text.format("swordfish")}) == {"prompt": text.format("swordfish")}


@pytest.mark.parametrize("name", ["jsessionid", "PHPSESSID", "ASPSESSIONID"])
def test_a_session_in_a_path_is_masked(name: str) -> None:
    """As a servlet writes it for a client without cookies."""
    assert R.path(f"/v2/runs;{name}={DRAWN}") == f"/v2/runs;{name}={MASK}"


@pytest.mark.parametrize(
    "text", ["Why? key=none", "https://example.com/a?page=2", "monkey=see?", "a?b=c", "the secret: x"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    """A question in a prompt, a page, a word."""
    assert R.text(text) == text
    assert R.value({"prompt": text}) == {"prompt": text}


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-Ab12Cd34Ef56Gh78Ij90",
        "rf_live_Ab12Cd34Ef56",
        "AKIAIOSFODNN7EXAMPLE",
        "Bearer abc.def-12345",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjEyMzQ1fQ.c2lnbmF0dXJl",
        "ghp_0123456789abcdefghij",
        "whsec_c2VjcmV0c2VjcmV0",
    ],
)
def test_a_secret_shows_by_its_form(text: str) -> None:
    """In any text, in a member's name, in a header."""
    secret = text.removeprefix("Bearer ")
    assert secret not in R.text(f"I said {text}, twice")
    assert secret not in str(R.value({text: 1, "prompt": [f"use {text}"]}))
    assert secret not in R.path(f"/v1/{text}/x")


def test_what_is_no_json_is_stored_as_its_beginning() -> None:
    """Readable, but without names' values and without anything that looks drawn; what is no text is a hash."""
    raw = b"api_key=x&prompt=boat <token>abc</token> Zk29dPq8LmZ4tRw1qA next" + b"." * 2000
    stored = R.body(raw).decode()

    assert stored.startswith(f"api_key={MASK}&prompt=boat <token>{MASK}</token> {MASK} next")
    assert len(stored) <= 1000
    assert R.body(b"\xff\x00") == left_out(b"\xff\x00")


def test_a_file_is_stored_as_its_size_and_hash() -> None:
    """Inside of a body; the rest of it stays as it was written."""
    data = base64.b64encode(b"x" * 1000).decode()
    body = orjson.dumps({"image": f"data:image/png;base64,{data}"})

    assert b"1336 bytes, sha256" in R.json(body, orjson.loads(body))


@pytest.mark.parametrize("length", [0, 1, 16_383, 16_384, 16_385, 32_768, 32_769, 200_000])
@pytest.mark.parametrize("after", ['"', "!", " and more", ""])
def test_a_file_ends_where_its_base64_does(length: int, after: str) -> None:
    """However long it is, and whatever follows."""
    data = b"A" * length

    stored = without_files(b"data:image/png;base64,%s%s" % (data, after.encode()))

    described = b"data:image/png;base64,(%d bytes, sha256 %s)" % (length, sha256(data).hexdigest().encode())
    assert stored == described + after.encode()


def test_of_a_body_that_is_long_without_its_files_the_size_is_stored() -> None:
    """It is not searched, and of its secrets nothing stays, not even a hash; a long file is none of it."""
    long = b'{"api_key":"s3cret-s3cret","text":"' + b"x" * MOST_MASKED + b'"}'
    file = b'{"api_key":"s3cret-s3cret","image":"data:image/png;base64,' + b"A" * MOST_MASKED + b'"}'

    assert R.body(long) == b'{"bytes":%d}' % len(long)
    stored = R.body(file)
    assert b"s3cret" not in stored
    assert b"%d bytes, sha256" % MOST_MASKED in stored


def test_a_body_without_a_secret_stays_byte_for_byte() -> None:
    """With its spaces, and with repeated members."""
    body = b'{ "token_count": 1, "a": 1, "a": 2, "prompt": "a key to it" }'

    assert R.json(body, orjson.loads(body), Fingerprints([KEY])) is body


def test_a_message_about_an_object_hides_its_secrets() -> None:
    """As validators write it: with quotes of either kind, cut off in the middle."""
    for output in (
        '{"secret":"abc", "n":1} is no',
        "{'password': 'abc', 'n': 1}",
        '{"apiKey":["abc","def"]}',
        '{"jwt":"abc',
    ):
        assert "abc" not in R.text(output)


def _nested(value: object, depth: int) -> str:
    """JSON inside of JSON, so deep."""
    for _ in range(depth):
        value = json.dumps({"a": value})
    return str(value)


@pytest.mark.parametrize("depth", range(1, 6))
@pytest.mark.parametrize("name", ["apiKey", "password", "client_secret", "x-api-key"])
@pytest.mark.parametrize("text", ["abc", "Schlüssel für Zürich", "q\"u\\o'te", "a, b; c}d", 12345])
def test_a_message_about_nested_json_hides_its_secrets(name: str, text: object, depth: int) -> None:
    """In the place of a secret, whatever it is, however often it is escaped; what is beside it stays."""
    for value in (text, [text, text]):
        for said in (_nested({name: value, "n": "boat"}, depth), repr(_nested({name: value, "n": "boat"}, depth))):
            shown = R.text(f"/metadata: {said} is not an object")
            assert not re.search(r"abc|Schl|Z.*rich|q\W*u|te\W|a, b|c}d|12345", shown.replace("/metadata", "")), shown
            assert isinstance(value, list) or ("boat" in shown and shown.endswith("is not an object"))


HOSTILE = (
    *('"key":"', '"key":[', "'key':{", '\\"key\\":\\\\"', '"key":"\\', '"password":""', '"a":{', "'\\'"),
    '\\"a\\":',
    '\\"password\\":\\"',
    "\\",
    '\\\\"',
    "//a@",
    "//",
    "/a:b@c",
    "u:p@h/",
    "://",
    '\\"a\\":[',
    *("%25", "%3A%2F%2F", "%3A", "a ", "A=", "a.b=", "%253A%252F%252F "),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    """The journal redacts while it is read: twice the text takes about twice the time."""

    def seconds(size: int) -> float:
        text, start = piece * (size // len(piece)), time.process_time()
        R.text(text)
        R.path(text, strange=True)
        R.value({"a": f"{text}%"})
        return time.process_time() - start

    assert min(seconds(60_000) for _ in range(3)) < 1  # quadratic, it would be minutes


@pytest.mark.parametrize("key", ["test", "a", "secret", "dev-key", "12345678", "aaaaaaaaaaaa", "runflow"])
def test_a_word_is_no_key(key: str) -> None:
    """It is masked in its place alone."""
    assert not is_key(key)
    assert Fingerprints([key]).masked_text(f"the {key} of it") == f"the {key} of it"


@hypothesis.given(st.text(min_size=1, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_a_key_is_found_between_anything(key: str, before: str, after: str) -> None:
    """As it is and escaped in each way, whatever it is made of."""
    hypothesis.assume(is_key(key) and len(key.encode("utf-8", "surrogatepass")) >= 16)
    hypothesis.assume(not any("\ud800" <= one <= "\udfff" for one in key + before + after))
    known = Fingerprints([key])
    raw = key.encode()
    for form in (key, quote(key, safe=""), raw.hex(), orjson.dumps(key).decode()[1:-1]):
        assert form not in known.masked_text(f"{before}{form}{after}") or form in before + MASK + after
    coded = base64.b64encode(before.encode() + raw + after.encode())
    assert known.masked(coded) != coded


def test_a_key_of_eight_characters_is_found_if_it_is_a_word() -> None:
    """Not as a part of another word."""
    known = Fingerprints(["key-0001"])

    assert known.masked_text("the key-0001, monkey-0001, key-00012") == f"the {MASK}, monkey-0001, key-00012"


def test_many_keys_are_found_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way of looking is the faster."""
    keys = [f"key-number-{number:04}-of-many" for number in range(200)]
    known = Fingerprints(keys)

    assert known.masked_text(f"x{keys[0]}y {keys[199]} z") == f"x{MASK}y {MASK} z"


def test_a_key_is_forgotten() -> None:
    """And one that is known twice is known until both are forgotten."""
    known = Fingerprints()
    first, second = known.add(KEY), known.add(KEY)
    known.discard(first)
    assert known.knows(KEY)
    known.discard(second)

    assert not known.knows(KEY)
    assert not known


def test_strangers_are_bounded() -> None:
    """The newest are remembered."""
    known = Fingerprints()
    strangers = Strangers(known, most=10)
    for number in range(100):
        strangers.add(f"a-strange-key-{number:03}")

    assert [known.knows(f"a-strange-key-{number:03}") for number in (89, 90, 99)] == [False, True, True]


def test_no_key_is_held() -> None:
    """But its first four bytes, its length and a keyed hash."""
    known = Fingerprints([KEY])

    assert KEY[:5] not in repr((known._heads, known._prints))


@pytest.mark.parametrize("key", ["a-key,with-a-comma-1", "a=key=with=signs-1", 'a"key"with-quotes-1'])
@pytest.mark.parametrize("written", ["Bearer {}", "Token {}", "{}", "bearer  {}"])
def test_every_credential_of_a_header_is_found_whole(key: str, written: str) -> None:
    """With its scheme and without, whatever signs it has."""
    found = list(Credentials([b"authorization"]).texts([(b"authorization", written.format(key).encode())]))

    assert key in found
