"""The balance runs out half-way for a real client, over a real socket: running jobs end, and an error is raised."""

from decimal import Decimal
from typing import Any

import pytest

from mockreel import serving
from mockreel.client import Client, OutOfCredit

# Model, input, and a budget for two jobs at most.
WISHES: dict[str, tuple[str, dict[str, Any], str]] = {
    "runflow": ("google/veo3.1/lite", {"prompt": "A boat.", "duration": "4s", "resolution": "720p"}, "0.24"),
    "aimlapi": ("veo-3.1-lite-generate-001", {"prompt": "A boat.", "duration": 4}, "0.12"),
    "runninghub": (
        "rhart-video-v3.1-lite-official/text-to-video",
        {"prompt": "A boat.", "aspectRatio": "16:9", "resolution": "720p", "duration": "4"},
        "2.52",
    ),
}


@pytest.mark.parametrize("provider", list(WISHES))
def test_a_client_gets_an_error_when_its_credit_is_used_up(provider: str) -> None:
    """Two jobs are charged, the third is rejected and never started; after a top-up it is accepted."""
    model, wish, budget = WISHES[provider]
    with serving(provider, budget=budget, speed=600) as server:
        address = server.addresses[provider]
        with Client(provider, key=address.key, base_url=address.url) as client:
            outcomes = [client.run(model, wish, every=0.02) for _ in range(2)]
            with pytest.raises(OutOfCredit):
                client.submit(model, wish)
            simulated = server.simulator.provider(provider)
            (account,) = simulated.keyring.accounts.values()
            assert (len(account.jobs), simulated.ledger.balance(account, server.clock.now())) == (2, Decimal(0))

            server.set_balance(provider, budget)
            outcomes.append(client.run(model, wish, every=0.02))

    assert len({outcome.job.id for outcome in outcomes}) == 3
