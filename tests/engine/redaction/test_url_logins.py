"""Passwords in URLs that are not well-formed are masked, in every place and encoding; what looks like one stays."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from mockreel.engine.redaction import MASK, Redactor

SECRET = "Zx9pass0word-Q"
R = Redactor(["secret"], callbacks=["callback_url"])
SLASHES = ("//", "/", "\\\\", "\\", "///", "/\\", "\\/\\/", "\\/", "")
SCHEMES = ("http:", "https:", "HTTP:", "ws:")
OTHER_SCHEMES = ("postgres:", "redis:", "git+ssh:", "")
LOGINS = ("u:{}", "u.name+1:{}", ":{}", "u:p'{}", 'u:p"{}', "u:p@{}", "u:{}:x", "u:{}!$&()*+,;=x")
HOSTS = ("host", "host/x", "host.example", "host:80/x?a=1#b", "[::1]:9/x", "10.0.0.5", "localhost")
# A sign that had to be encoded, behind a scheme.
UNENCODED = (
    "http://u:pa/{}@host/x",
    "http://u:pa?{}@host",
    "https://u:pa#{}@host",
    "http:/u:pa\\{}@host",
    "//u:p'{}@h",
)


def _forms() -> Iterator[str]:
    for host in HOSTS:
        yield from (f"{scheme}{slashes}u:{{}}@{host}" for scheme in SCHEMES for slashes in SLASHES)
        yield from (f"{scheme}{slashes}u:{{}}@{host}" for scheme in OTHER_SCHEMES for slashes in ("//", "\\\\", "///"))
        yield from (f"{scheme}{login}@{host}" for scheme in ("http://", "//", "http:/") for login in LOGINS)
        yield from (f"http://{{}}@{host}", f"//{{}}@{host}", f"http:/{{}}@{host}", f"u:{{}}@{host}")
    yield from UNENCODED


FORMS = tuple(dict.fromkeys(_forms()))
ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent but the @": lambda text: quote(text, safe="@"),
    "percent but the slashes": lambda text: quote(text, safe="/\\:"),
}


def _nested(text: str) -> str:
    body = json.dumps({"inner": json.dumps({"prompt": text})})
    return R.json(body.encode(), json.loads(body)).decode()


def _escaped(text: str) -> str:
    """JSON in which every sign is escaped."""
    body = '{"prompt": "' + "".join(f"\\u{ord(sign):04x}" for sign in text) + '"}'
    return R.json(body.encode(), json.loads(body)).decode()


PLACES: dict[str, Callable[[str], str]] = {
    "a sentence": lambda text: R.text(f"Look at {text} please."),
    "quotes": lambda text: R.text(f"'{text}' is not a URL"),
    "a text": R.text,
    "a header": R.header,
    "a webhook URL": R.address,
    "a parameter": lambda text: R.query(f"a=1&next={quote(text, safe='')}".encode()),
    "a parameter of another name": lambda text: R.query(f"q={quote(text, safe='')}&b=2".encode()),
    "a JSON value": lambda text: json.dumps(R.value({"prompt": text})),
    "a JSON list": lambda text: json.dumps(R.value({"image_urls": [text]})),
    "a name of a field": lambda text: json.dumps(R.value({text: 1})),
    "a webhook field": lambda text: json.dumps(R.value({"callback_url": text})),
    "JSON in JSON": _nested,
    "escaped JSON": _escaped,
    "a form": lambda text: R.body(f"a=1&next={quote(text, safe='')}&b=2".encode()).decode(),
    "a page": lambda text: R.body(f'<a href="{text}">b</a>'.encode()).decode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("place", PLACES)
def test_a_password_in_a_url_is_masked_however_it_is_written(place: str, encoding: str) -> None:
    """Any number of slashes of either kind, any scheme or none, any host, signs that had to be encoded."""
    shown = {form: PLACES[place](ENCODINGS[encoding](form.format(SECRET))) for form in FORMS}

    assert [form for form, text in shown.items() if SECRET in text] == []


@pytest.mark.parametrize("form", ["u:{}@host/x", "http:/u:{}@host", "http://u:{}@host/a b", "a:{}@host.example/x"])
def test_a_password_in_a_path_is_masked(form: str) -> None:
    """As a step of it, and as its end."""
    for path in (f"/v1/go/{form}", f"/{form}", f"//{form}"):
        assert SECRET not in R.path(path.format(SECRET))


@pytest.mark.parametrize("word", ["swordfish", "correct-horse-battery", "hunter2", SECRET, "Zürich-ß"])
@pytest.mark.parametrize(
    "form", ["//{}@host", "//{}@host/x", "//{}@host.example:80", "///{}@10.0.0.5/x", "/u:{}@host/x"]
)
def test_a_path_hides_a_login_that_is_a_word(form: str, word: str) -> None:
    """Behind two slashes without any colon, or as a step with a user; before it is any path, or none."""
    for before in ("", "/v1/go", "/a@b", "/v1/go//"):
        for strange in (True, False):
            assert word not in R.path(f"{before}{form.format(word)}", strange=strange)


PATHS = (
    *(
        "/@user/post-1",
        "/v1//@user",
        "/npm//@scope/pkg@1.2",
        "/x//react@18.2.0/umd",
        "/x//react@18",
        "/go/me@host.example",
    ),
    *(
        "/v2/org/image:tag@sha256:abc/x",
        "/models/org:name@v2/runs",
        "/at/12:30@cafe/x",
        "/to/mailto:a@b.c/x",
        "//a//b",
        "/",
    ),
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_without_a_login_stays_whole(path: str) -> None:
    """Handles, packages, images, models, times, addresses behind one slash."""
    assert R.path(path) == R.path(path, strange=True) == path


@pytest.mark.parametrize("form", ["u:{}@host", "//u:{}@host/x", "http:\\\\u:{}@host"])
def test_a_word_is_a_password_where_a_text_is_an_address(form: str) -> None:
    """In a field, a parameter and a webhook of that name; what is around it stays."""
    text, shown = form.format("swordfish"), form.replace("u:{}", MASK)

    assert R.address(text) == shown
    assert R.value({"image_url": text, "callback_url": text}) == {"image_url": shown, "callback_url": shown}
    assert R.query(f"redirect_uri={text}".encode()) == f"redirect_uri={shown}"


def test_a_masked_password_is_masked_where_it_is_repeated() -> None:
    """The beginning of a URL in one field, its password in another."""
    body = {"endpoint": f"u:{SECRET}@host", "prompt": f"a boat, {SECRET}, at sea"}

    assert SECRET not in R.json(json.dumps(body).encode(), body).decode()


def test_a_webhook_without_a_scheme_is_shown_without_random_parts() -> None:
    """Of its path, as with a scheme."""
    assert R.address("//u:x@host/services/Zk29dPq8LmZ4tRw1qA") == f"//{MASK}@host/services/{MASK}"


DIGEST = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
INNOCENT = (
    *("mailto:a@b.c", "mailto:a.b+c1@b.example?subject=x", "email:alice@example.com", "From:bob1@example.com"),
    *("E-mail: alice@example.com", "me@example.com,you@example.com", "请联系 me@example.com", "user@example.com:8080"),
    *("sip:alice1@example.com", "acct:bob2@mastodon.social", "xmpp:a1@b.example", "owner:alice@example.com"),
    *("@user@mastodon.social", "me:@user@mastodon.social", "@alice:matrix.org", "#room:matrix.org"),
    *("name:role@team", "speaker:anna@studio", "a:1@b", "key:C@120bpm", "f(x)=a:b@c", ":smile:@bob", "Price: 5€@shop"),
    *("12:30@place", "meet at 12:30@cafe.example", "10:45:30@stage", "16:9@1080p.mp4", "icon:small@2x.png"),
    *("git@host:path/repo.git", "url:git@github.com:org/repo.git", "ssh git@github.com:org/repo"),
    *("bob@10.0.0.1:/srv/x", "rsync -a x bob@host.example:/srv"),
    *("@scope/pkg@1.2", "npm:react@18.2.0", "npm:@scope/x@1.2", "react@18.2.0", "pkg:npm/@scope/x@1.2"),
    *("org.lib:artifact:1.0@aar", f"image:tag@{DIGEST}", f"registry.io/org/image:tag@{DIGEST}"),
    *(f"docker://alpine:3.19@{DIGEST}", "https://mastodon.social/@user", "https://medium.com/@user/post-1"),
    *("https://unpkg.com/react@18.2.0/umd/x.js", "https://cdn.example/npm/@scope/pkg@1.2", "http://localhost:8080/@me"),
    *("http://HOST:PORT/@me", "https://{host}:{port}/@me", "// @ts-ignore", "/* x */ //todo: ask @bob"),
    *("C:\\Users\\me@home\\x", "\\\\server@SSL\\share", '"http://x.example","me@y.example"', '{"a":"me@b.c"}'),
    *("<a href='http://x.example'>me@y.example</a>", "@mention: hi@there", "a, b: c@d.e", "50%40 off @ home"),
)


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_a_login_stays_whole(text: str) -> None:
    """E-mail addresses, handles, packages, images, times, labels: in texts, sentences, values and parameters."""
    said = f"see {text} now"
    parameter = f"note={quote(text, safe='')}"

    assert (R.text(text), R.text(said)) == (text, said)
    assert R.value({"prompt": text, "metadata": [said]}) == {"prompt": text, "metadata": [said]}
    assert R.query(parameter.encode()) == parameter
