"""Secrets of many kinds in many places, and texts that open nothing; all of them are made up."""

# ruff: noqa: E501  (rows of tables)

import base64
import gzip
import json
import random
import string
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import brotli
import yaml

_LETTERS = string.ascii_letters
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
Draw = random.Random


def _of(alphabet: str, length: int) -> Callable[[Draw], str]:
    return lambda draw: "".join(draw.choice(alphabet) for _ in range(length))


def _after(prefix: str, length: int, alphabet: str = _ALNUM) -> Callable[[Draw], str]:
    return lambda draw: prefix + "".join(draw.choice(alphabet) for _ in range(length - 1)) + draw.choice("23456789")


def _b64(length: int) -> Callable[[Draw], str]:
    return lambda draw: base64.b64encode(draw.randbytes(length)).decode()


def _joined(*parts: Callable[[Draw], str] | str) -> Callable[[Draw], str]:
    return lambda draw: "".join(part if isinstance(part, str) else part(draw) for part in parts)


def _jwt(draw: Draw) -> str:
    parts = [json.dumps({"alg": "HS256"}), json.dumps({"sub": str(draw.randrange(10**9))})]
    return (
        ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
        + "."
        + _of(_ALNUM, 43)(draw)
    )


def _word(draw: Draw) -> str:
    return "".join(draw.choice(string.ascii_lowercase) for _ in range(draw.randrange(9, 20)))


# The name that each usually stands under, and how it is made.
KINDS: dict[str, tuple[str, Callable[[Draw], str]]] = {
    "runflow key": ("apiKey", _after("rf_live_", 24)),
    "runflow service key": ("apiKey", _after("rf_svc_", 24)),
    "runninghub key": ("apiKey", _of(_HEX, 32)),
    "webhook secret": ("secret", _after("whsec_", 32)),
    "aws access key": ("access_key", _after("AKIA", 16, string.ascii_uppercase + string.digits)),
    "aws secret key": ("aws_secret_access_key", _of(_ALNUM + "/+", 40)),
    "aws session token": ("x-amz-security-token", _b64(90)),
    "github token": ("token", _after("ghp_", 36)),
    "github app token": ("token", _after("ghs_", 36)),
    "github fine token": ("token", _joined(_after("github_pat_", 22), "_", _of(_ALNUM, 59))),
    "gitlab token": ("private_token", _after("glpat-", 20)),
    "slack bot token": ("token", _joined("xoxb-", _of(string.digits, 12), "-", _of(string.digits, 12), "-", _of(_ALNUM, 24))),
    "slack webhook": ("webhook_url", _joined("https://hooks.slack.com/services/T0", _of(_ALNUM, 8), "/B0", _of(_ALNUM, 8), "/", _of(_ALNUM, 24))),
    "discord webhook": ("webhook_url", _joined("https://discord.com/api/webhooks/", _of(string.digits, 18), "/", _of(_ALNUM, 68))),
    "discord bot token": ("token", _joined("M", _of(_ALNUM, 24), ".", _of(_ALNUM, 6), ".", _of(_ALNUM, 38))),
    "telegram bot token": ("token", _joined(_of("123456789", 10), ":AA", _of(_ALNUM, 33))),
    "stripe secret key": ("api_key", _after("sk_live_", 24)),
    "stripe restricted key": ("api_key", _after("rk_live_", 24)),
    "twilio auth token": ("auth_token", _of(_HEX, 32)),
    "twilio key": ("key", _joined("SK", _of(_HEX, 32))),
    "sendgrid key": ("api_key", _joined(_after("SG.", 22), ".", _of(_ALNUM, 43))),
    "mailgun key": ("api_key", _joined("key-", _of(_HEX, 32))),
    "mailchimp key": ("api_key", _joined(_of(_HEX, 32), "-us12")),
    "openai key": ("api_key", _after("sk-proj-", 48)),
    "anthropic key": ("x-api-key", _after("sk-ant-api03-", 60)),
    "hugging face token": ("token", _after("hf_", 34)),
    "replicate token": ("token", _after("r8_", 37)),
    "fal key": ("authorization", _joined("4f6d2c1a-9b3e-4c5d-8e7f-", _of(_HEX, 12), ":", _of(_HEX, 32))),
    "google key": ("key", _after("AIza", 35)),
    "google oauth secret": ("client_secret", _after("GOCSPX-", 28)),
    "google access token": ("access_token", _after("ya29.", 60)),
    "firebase key": ("server_key", _joined("AAAA", _of(_ALNUM, 7), ":", _of(_ALNUM, 140))),
    "azure client secret": ("client_secret", _joined(_of(_LETTERS, 3), "8Q~", _of(_ALNUM, 34))),
    "azure storage key": ("AccountKey", _b64(64)),
    "npm token": ("_authToken", _after("npm_", 36)),
    "pypi token": ("password", _after("pypi-AgEIcHlwaS5vcmc", 60)),
    "docker token": ("password", _after("dckr_pat_", 27)),
    "digitalocean token": ("token", _joined("dop_v1_", _of(_HEX, 64))),
    "shopify token": ("X-Shopify-Access-Token", _joined("shpat_", _of(_HEX, 32))),
    "square token": ("access_token", _after("sq0atp-", 22)),
    "databricks token": ("token", _joined("dapi", _of(_HEX, 32))),
    "grafana token": ("token", _after("glsa_", 32)),
    "vault token": ("X-Vault-Token", _after("hvs.", 90)),
    "linear key": ("authorization", _after("lin_api_", 40)),
    "notion token": ("token", _after("ntn_", 46)),
    "postman key": ("X-Api-Key", _after("PMAK-", 59)),
    "new relic key": ("Api-Key", _after("NRAK-", 27, string.ascii_uppercase + string.digits)),
    "sentry token": ("token", _after("sntrys_", 64)),
    "datadog key": ("DD-API-KEY", _of(_HEX, 32)),
    "json web token": ("id_token", _jwt),
    "private key": ("private_key", lambda draw: "-----BEGIN PRIVATE KEY-----\n" + _b64(96)(draw) + "\n-----END PRIVATE KEY-----"),
    "session": ("session", _of(_ALNUM, 26)),
    "session cookie": ("sessionid", _of(string.ascii_lowercase + string.digits, 32)),
    "refresh token": ("refresh_token", _of(_ALNUM + "-_", 64)),
    "password": ("passwd", _joined(_word, "7!")),
    "lower-case password": ("pwd", _word),
    "lower-case key": ("x-api-key", _word),
    "lower-case token": ("token", _word),
    "one-time code": ("otp", _of("123456789", 6)),
    "login": ("login", _joined(_word, "42")),
    "credential": ("credential", _of(_ALNUM, 30)),
    "random secret": ("client_secret", _of(_ALNUM, 40)),
}  # fmt: skip

PLACES = (
    "a request header", "a request cookie", "a reply cookie", "a query", "a form", "a JSON request", "a JSON reply",
    "JSON in a text", "a gzip reply", "a br reply", "a base64 reply", "a plain file",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One file, and what it is about; a secret's sample has to be found, any other must not."""

    title: str
    file: str
    content: str


def secrets(*, seed: int, rounds: int = 1) -> Iterator[Sample]:
    """Every kind in every place, drawn again in each round."""
    draw = Draw(seed)
    for number in range(rounds):
        for kind, (name, make) in KINDS.items():
            for place in PLACES:
                yield Sample(f"{kind} in {place} ({number})", *_placed(place, name, make(draw)))


def _placed(place: str, name: str, value: str) -> tuple[str, str]:
    """The name of a file, and its text with a secret in one place."""
    if place == "a plain file":
        written = json.dumps(value) if "\n" in value else value
        return "settings.env", f"# settings\nMODE=test\n{name.upper().replace('-', '_')}={written}\n"
    request, response = _of_request(place, name, value), _of_response(place, name, value)
    plain: dict[str, Any] = {"method": "POST", "uri": "https://api.runflow.io/v1/runs", "headers": {}, "body": None}
    answer: dict[str, Any] = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}}
    return "recorded.yaml", _cassette(plain | request, answer | response)


def _inside(name: str, value: str) -> str:
    return json.dumps({"user": {"state": "ready", name: value}})


def _of_request(place: str, name: str, value: str) -> dict[str, Any]:
    flat, quoted = value.replace("\n", ""), quote(value, safe="")
    header = name if name.lower().replace("_", "-") in _HEADERS else "authorization"
    made: dict[str, dict[str, Any]] = {
        "a request header": {"headers": {header: [flat]}},
        "a request cookie": {"headers": {"Cookie": [f"theme=dark; {name}={quote(flat)}"]}},
        "a query": {"uri": f"https://api.runflow.io/v1/runs?page=2&{name}={quoted}"},
        "a form": {
            "headers": {"Content-Type": ["application/x-www-form-urlencoded"]},
            "body": f"grant_type=password&{name}={quoted}",
        },
        "a JSON request": {"body": _inside(name, value)},
    }
    return made.get(place, {})


def _of_response(place: str, name: str, value: str) -> dict[str, Any]:
    plain = _inside(name, value)
    packed = {"gzip": gzip.compress, "br": brotli.compress}
    coding = place.split(" ")[1]
    if coding in packed:
        return {"headers": {"content-encoding": [coding]}, "body": {"string": packed[coding](plain.encode())}}
    cookie = f"{name}={quote(value.replace(chr(10), ''))}; Path=/; HttpOnly"
    made: dict[str, dict[str, Any]] = {
        "a reply cookie": {"headers": {"Set-Cookie": [cookie]}},
        "JSON in a text": {"body": {"string": json.dumps({"log": plain})}},
        "a JSON reply": {"body": {"string": plain}},
        "a base64 reply": {"body": {"base64_string": base64.b64encode(plain.encode()).decode()}},
    }
    return made.get(place, {})


_HEADERS = (
    "x-api-key", "api-key", "dd-api-key", "x-amz-security-token", "x-vault-token", "x-shopify-access-token", "private-token",
)  # fmt: skip


def _cassette(request: dict[str, Any], response: dict[str, Any]) -> str:
    return yaml.safe_dump({"version": 1, "interactions": [{"request": request, "response": response}]})


_SENTENCES = (
    "The token count of this prompt is too high.", "Password must be at least 8 characters long.",
    "Invalid or expired token.", "Authentication required.", "Your session has expired, please log in again.",
    "A secret garden at dawn: ivy, fog, a rusty key in the lock.", "No credentials were provided.",
    "This request requires a valid API key.", "Authorization: Bearer <token>", "password: required",
    "The api_key parameter is missing.", "token: string", "Send your key as X-Api-Key: $API_KEY",
    "Two keys lie on a table, macro lens, golden hour light.", "secret=REDACTED", "otp: null", "auth: none",
)  # fmt: skip


def _harmless_values(draw: Draw) -> Iterator[tuple[str, Any]]:
    """Names and values of which none opens anything."""
    hexes = {length: _of(_HEX, length)(draw) for length in (16, 32, 40, 56, 64, 96, 128)}
    word = _word(draw)
    uuid = "01890a5d-ac96-774b-bcce-" + _of(_HEX, 12)(draw)
    yield from {
        "sha256": hexes[64], "md5": hexes[32], "checksum": hexes[32], "sha512": hexes[128], "sha1": hexes[40],
        "digest": f"sha256:{hexes[64]}", "integrity": f"sha512-{_b64(64)(draw)}", "hash": hexes[64], "commit": hexes[40],
        "traceparent": f"00-{hexes[32]}-{hexes[16]}-01", "trace_id": hexes[32], "traceId": hexes[32], "span_id": hexes[16],
        "content_md5": _b64(16)(draw), "fingerprint": hexes[40], "etag": f'"{hexes[32]}"', "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "id": _of(_ALNUM, 21)(draw), "run_id": uuid, "generation_id": _of(_ALNUM, 21)(draw), "request_id": "req_" + _of(_ALNUM, 24)(draw),
        "task_id": str(draw.randrange(10**18, 10**19)), "uuid": uuid, "object": hexes[64],
        "max_tokens": draw.randrange(10**5), "total_tokens": draw.randrange(10**5), "token_type": "bearer",
        "next_page_token": _of(_ALNUM, 24)(draw), "cursor": _of(_ALNUM, 30)(draw), "expires_in": 3600,
        "session": "active", "auth": "none", "login": "required", "password": "", "token": None, "secret": "********",
        "api_key": "YOUR_API_KEY", "access_token": "<access_token>", "credentials": "invalid", "otp": "required",
        "prompt": f"A {word} walks along the shore, soft light, {draw.randrange(24, 60)} fps", "model": "google/veo-3.1-lite-generate-001",
        "created_at": "2026-11-28T20:53:25.123456Z", "duration_ms": draw.randrange(10**6), "seed": draw.randrange(2**31),
        "url": f"https://cdn.example.com/outputs/{uuid}/{_of(_ALNUM, 24)(draw)}.mp4", "status": "succeeded",
        "image": f"data:image/png;base64,{_b64(120)(draw)}", "thumbnail": f"https://cdn.video-host.net/{_of(_ALNUM, 28)(draw)}/thumb.webp",
        "message": draw.choice(_SENTENCES), "detail": draw.choice(_SENTENCES), "version": "1.24.0-beta.3+build.5114f85",
        "content_type": "video/mp4", "user_agent": "python-httpx/0.28.1", "last_login": "2026-11-28T20:53:25Z",
        "cache_key": f"run:{uuid}", "public_key": "ssh-rsa", "color": "#a1b2c3", "b64_json": _b64(900)(draw),
    }.items()  # fmt: skip


_HARMLESS_HEADERS: tuple[tuple[str, Callable[[Draw], str]], ...] = (
    ("ETag", _joined('W/"', _of(_HEX, 32), '"')), ("ETag", _joined('"', _b64(20), '"')), ("CF-Ray", _joined(_of(_HEX, 16), "-FRA")),
    ("X-Request-Id", _of(_HEX, 32)), ("X-Request-ID", _of(_ALNUM, 26)), ("traceparent", _joined("00-", _of(_HEX, 32), "-", _of(_HEX, 16), "-01")),
    ("X-Amz-Cf-Id", _b64(40)), ("x-amz-id-2", _b64(57)), ("X-Amzn-Trace-Id", _joined("Root=1-", _of(_HEX, 8), "-", _of(_HEX, 24))),
    ("Digest", _joined("SHA-256=", _b64(32))), ("Content-MD5", _b64(16)), ("x-goog-hash", _joined("md5=", _b64(16))),
    ("X-Cloud-Trace-Context", _joined(_of(_HEX, 32), "/1;o=1")), ("sentry-trace", _joined(_of(_HEX, 32), "-", _of(_HEX, 16), "-1")),
    ("x-vercel-id", _joined("fra1::", _of(_ALNUM, 5), "-1764363205123-", _of(_HEX, 12))), ("X-B3-TraceId", _of(_HEX, 32)),
    ("Content-Security-Policy", _joined("script-src 'nonce-", _b64(18), "'")), ("Idempotency-Key", _of(_ALNUM, 32)),
    ("Content-Type", lambda _: "application/json; charset=utf-8"), ("Set-Cookie", lambda _: "theme=dark; Path=/"),
    ("Authorization", lambda _: "Bearer placeholder-key-1"), ("X-Api-Key", lambda _: "YOUR_API_KEY"), ("Cookie", lambda _: "lang=en-US"),
    ("Runflow-Request-Id", _of(_ALNUM, 26)), ("If-None-Match", _joined('"', _of(_HEX, 64), '"')), ("WWW-Authenticate", lambda _: 'Bearer realm="api"'),
    ("x-ratelimit-limit-tokens", lambda _: "200000"), ("X-Served-By", _joined("cache-fra-", _of(_HEX, 24))), ("Date", lambda _: "Sat, 28 Nov 2026 20:53:25 GMT"),
)  # fmt: skip


def harmless(*, seed: int, rounds: int = 1) -> Iterator[Sample]:
    """Files of which none holds a secret: one value each, in a response as it is and packed, in a header, in plain text."""
    draw = Draw(seed)
    for number in range(rounds):
        request: dict[str, Any] = {
            "method": "GET",
            "uri": "https://api.runflow.io/v1/runs",
            "headers": {},
            "body": None,
        }
        for name, value in _harmless_values(draw):
            body = json.dumps({"data": {name: value}})
            answer: dict[str, Any] = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": body}}
            yield Sample(f"{name} ({number})", "recorded.yaml", _cassette(request, answer))
            packed = {"headers": {"Content-Encoding": ["deflate"]}, "body": {"string": zlib.compress(body.encode())}}
            yield Sample(f"{name}, packed ({number})", "recorded.yaml", _cassette(request, answer | packed))
            yield Sample(f"{name}, in a text ({number})", "notes.txt", f"{name}: {json.dumps(value)}\n")
        for name, make in _HARMLESS_HEADERS:
            answer = {
                "status": {"code": 200, "message": "OK"},
                "headers": {name: [make(draw)]},
                "body": {"string": "{}"},
            }
            yield Sample(f"header {name} ({number})", "recorded.yaml", _cassette(request, answer))
        for sentence in _SENTENCES:
            yield Sample(f"{sentence} ({number})", "notes.txt", f"{sentence}\n")
