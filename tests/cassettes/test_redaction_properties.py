"""Wherever a secret stands, and however it is wrapped: it is not in what is stored, or nothing is stored."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from cassettes.leaks import left
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.depth import examples

from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.cassette_errors import SecretLeft
from mockreel.cassettes.cassette_writer import Store
from mockreel.cassettes.recording_rules import read_rules
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor
from mockreel.cassettes.redaction.final_check import Guard
from mockreel.client.profile_file import read_profile
from mockreel.contract import Contract, load_contract

KEY = "rf_live_9fQ2xLw7ZpT4mVb1"
SECRETS = {
    "key": KEY,
    "person": "Ada Lovelace-Byron",
    "e-mail": "ada.byron@analytical-engines.io",
    "account": "7d1f0e9a-3333-4abc-8def-0123456789ab",
    "number": "88213377145",
    "token": "unk-Tq4Zm7Xw2Lr9Vk6P",
    "account's name": "acct_1a2b3c4d5e6f",
    "host": "node-17.eu-west.internal-cluster.dev",
}
NAMES = [
    "id",
    "status",
    "message",
    "code",
    "error",
    "data",
    "url",
    "output",
    "type",
    "cost",
    "taskId",
    "results",
    "eventData",
]
URLS = {
    "runflow": "https://api.runflow.io/v1/runs/01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e",
    "aimlapi": "https://api.aimlapi.com/v2/video/generations?generation_id=kQ7_zR2mXw9-TbN4vLs1E",
    "runninghub": "https://www.runninghub.ai/openapi/v2/query",
}
TOLD = {"origin": "live", "title": "x", "recorded": "2026", "source": [], "contract": "1", "reading": {}}

secret = st.sampled_from(sorted(SECRETS.values()))
wrapped: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        secret,
        secret.map(lambda one: f"Not found for {one}, try again."),
        wrapped.map(lambda one: json.dumps({"inner": one})),
        secret.map(lambda one: base64.b64encode(f'{{"a": "{one}"}}'.encode()).decode()),
        secret.map(lambda one: f"https://cdn.media.dev/{quote(one)}/a.mp4?sig={quote(one)}"),
        secret.map(lambda one: f"https://api.runflow.io/v1/runs/{quote(one)}?q={quote(one)}#{quote(one)}"),
        secret.map(lambda one: quote(one, safe="")),
    )
)
name = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), secret)
value = st.recursive(
    st.one_of(wrapped, st.booleans(), st.just(88213377145), st.just(None)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(name, inner, max_size=4)),
    max_leaves=8,
)
body = st.dictionaries(name, value, min_size=1, max_size=5)
header = st.tuples(
    st.sampled_from(["Set-Cookie", "Location", "Content-Type", "X-Request-Id", "Retry-After", "X-Any"]), wrapped
)


@cache
def loaded(provider: str) -> Contract:
    return load_contract(provider)


def recorded(provider: str, reply: Any, headers: Any, folder: Path) -> Path:
    """The folder with a cassette of one exchange."""
    redactor = CassetteRedactor(loaded(provider), read_profile(provider), read_rules(provider), known={KEY: "the key"})
    requested = (("Authorization", f"Bearer {KEY}"), ("Cookie", f"sid={SECRETS['token']}"))
    exchange = Exchange("GET", URLS[provider], requested, b"", 200, tuple(headers), orjson.dumps(reply))
    store = Store(redactor, Guard({KEY: "the key"}, read_rules(provider).looks))
    path = folder / "one.yaml"
    path.unlink(missing_ok=True)
    store.write(path, [exchange], {**TOLD, "provider": provider})
    return folder


@pytest.mark.parametrize("provider", sorted(URLS))
def test_no_secret_is_stored_wherever_it_stands(provider: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In fields that are known and in others, in their names, in headers, in texts in texts."""
    folder = tmp_path_factory.mktemp("kept")

    @settings(max_examples=examples(15), deadline=None, phases=[Phase.explicit, Phase.generate], database=None)
    @given(body, st.lists(header, max_size=3))
    def holds(reply: Any, headers: Any) -> None:
        try:
            found = left(recorded(provider, reply, headers, folder), SECRETS)
        except SecretLeft as refused:
            found = [name for name, secret in SECRETS.items() if secret in str(refused)]
        assert found == [], json.dumps([reply, headers])

    holds()
