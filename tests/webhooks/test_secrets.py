"""A webhook secret that is fixed before the first request: it signs from the first webhook on, for every account."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.caller import START, Caller

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.clock import Clock
from mockreel.errors import DataError, OptionError
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender, webhook_secrets
from mockreel.webhooks.secrets import SecretOption, WebhookSecret

Run = Callable[[Awaitable[Any]], Any]
SUBMIT = "/v1/models/google/veo3.1/lite/runs"


def simulator_with(
    given: SecretOption | None,
    sink: MemorySender,
    *,
    keys: list[KeyEntry] | None = None,
    readings: dict[str, str] | None = None,
) -> Simulator:
    contracts = load_contracts(["runflow"], readings=readings)
    return build_simulator(
        contracts,
        clock=Clock(start=START, held=True),
        keys=keys or (),
        accept_any_key=keys is None,
        sender=sink,
        secrets=webhook_secrets(given, contracts),
    )


def reported(
    simulator: Simulator, sink: MemorySender, run: Run, *, key: str = "rf_live_one"
) -> tuple[bytes, str | None]:
    """The next webhook of an account: its body and signature."""
    body = {"input": {"prompt": "a boat", "duration": "4s"}, "callback_url": "http://127.0.0.1:9/hook"}
    assert Caller(simulator.provider("runflow"), key)("POST", SUBMIT, body).status == 201
    run(simulator.advance(100))
    return sink.sent[-1].body, dict(sink.sent[-1].headers).get("Runflow-Signature")


def signed(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "given", ["a=b of=mine", "runflow=a=b of=mine", ["runflow=a=b of=mine"], {"runflow": "a=b of=mine"}]
)
def test_it_signs_from_the_first_webhook_on(given: SecretOption, sink: MemorySender, run: Run) -> None:
    """Of every account, however it was given, and again after a reset; it may have a `=` in it."""
    simulator = simulator_with(given, sink)
    for key in ("rf_live_one", "rf_live_two"):
        body, signature = reported(simulator, sink, run, key=key)
        assert signature == signed("a=b of=mine", body)

    async def reset() -> None:
        simulator.reset()

    run(reset())
    body, signature = reported(simulator, sink, run)
    assert signature == signed("a=b of=mine", body)


def test_the_provider_tells_of_it_as_of_any_other(sink: MemorySender) -> None:
    """As the current one, without the secret; of a short one not even the beginning is shown."""
    caller = Caller(simulator_with("short", sink).provider("runflow"), "rf_live_one")
    (row,) = caller("GET", "/v1/callback-secrets").json["items"]

    assert (row["is_current"], row["key_prefix"], row["label"]) == (True, "sh", None)


@pytest.mark.parametrize(("option", "signs"), [("promoted", "fixed"), ("newest", "made")])
def test_a_second_secret_signs_as_the_provider_documents(option: str, signs: str, sink: MemorySender, run: Run) -> None:
    """Once it is promoted, or at once, by the reading `secret-rotation`; promoted, it does in either."""
    simulator = simulator_with("the fixed one", sink, readings={"secret-rotation": option})
    caller = Caller(simulator.provider("runflow"), "rf_live_one")
    made = caller("POST", "/v1/callback-secrets", {"label": "second"}).json
    secrets = {"fixed": "the fixed one", "made": made["plain_secret"]}

    body, signature = reported(simulator, sink, run)
    assert signature == signed(secrets[signs], body)
    assert made["is_current"] == (signs == "made")
    caller("PATCH", f"/v1/callback-secrets/{made['id']}", {"is_current": True})
    body, signature = reported(simulator, sink, run)
    assert signature == signed(secrets["made"], body)


def test_a_listed_key_may_state_its_accounts_own(sink: MemorySender, run: Run, tmp_path: Path) -> None:
    """In the keys file; accounts that state none have the one that is given for all."""
    file = tmp_path / "keys.yaml"
    file.write_text("- {key: rf_live_a, account: a, webhook_secret: of a}\n- {key: rf_live_b, account: b}\n")
    keys = list(read_keys(file))
    simulator = simulator_with("of all", sink, keys=keys)

    assert "of a" not in repr(keys)
    for key, secret in (("rf_live_a", "of a"), ("rf_live_b", "of all")):
        body, signature = reported(simulator, sink, run, key=key)
        assert signature == signed(secret, body)


def test_two_secrets_of_one_account_are_rejected(sink: MemorySender) -> None:
    """Without a word of either."""
    keys = [KeyEntry("k", "a", webhook_secret="the one"), KeyEntry("l", "a", webhook_secret="the other")]
    with pytest.raises(DataError, match=r"the account 'a' has two webhook secrets\. State it with one"):
        simulator_with(None, sink, keys=keys)


def test_one_can_be_made_for_the_run(sink: MemorySender, run: Run) -> None:
    """With the provider's prefix; another one each time."""
    contracts = load_contracts(["runflow"])
    one, other = (webhook_secrets("generate", contracts)["runflow"] for _ in range(2))

    assert one.generated
    assert one.value.startswith("whsec_")
    assert one.value != other.value
    assert str(one) == one.value


@pytest.mark.parametrize(("secret", "shown"), [("whsec_0123456789abcdef", "whse…"), ("short", "…"), ("x" * 16, "…")])
def test_a_given_secret_is_shown_by_its_beginning_at_most(secret: str, shown: str) -> None:
    """Enough to distinguish two."""
    assert str(WebhookSecret(secret)) == shown
    assert secret not in repr(WebhookSecret(secret))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "Give the text that your handler verifies with, or 'generate'"),
        ("runflow= ", "Give the text that your handler verifies with"),
        ("runninghub=s3cret", r"'runninghub' is not valid\. Valid: runflow\. RunningHub signs no webhook"),
        ("aimlapi=s3cret", r"'aimlapi' is not valid\. Valid: runflow"),
        ({"nobody": "s3cret"}, r"'nobody' is not valid\. Valid: runflow"),
    ],
)
def test_what_cannot_sign_is_rejected(given: SecretOption, says: str) -> None:
    """A provider that signs nothing or is not simulated; a blank secret. The message has no secret."""
    contracts = load_contracts(["runflow", "runninghub"])
    with pytest.raises(OptionError, match=says) as caught:
        webhook_secrets(given, contracts)
    assert "s3cret" not in str(caught.value)
