"""How much a proxy reports of broken servers and clients, over one client's day with each provider."""

import pytest
from proxy.saboteurs.clients import CLIENTS, PROVIDERS
from proxy.saboteurs.reports import client_report, honest_day, server_report
from proxy.saboteurs.servers import servers

# What one client's day does not show, or what the contract cannot tell from something that is allowed.
MISSED = {
    ("runflow", "submit-is-refused"),  # an asset that is not found has the same status and code
    ("runflow", "empty-result"),  # outputs differ by model, and an empty one is allowed
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_honest_day_is_silent(provider: str) -> None:
    """Nothing is reported of the provider, and of the client only its intended mistakes."""
    day = honest_day(provider)

    assert [str(one) for one in day.violations if one.side != "request"] == []
    assert {one.rule for one in day.violations} <= {"invalid-request", "unknown-model"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_broken_server_is_reported(provider: str) -> None:
    """All but those that are listed with a reason."""
    honest = honest_day(provider)
    found = [server_report(server, provider, honest) for server in servers()]
    effective = [one for one in found if one.reported is not None]

    assert {(provider, one.id) for one in effective if not one.reported} == {
        one for one in MISSED if one[0] == provider
    }
    assert len(effective) >= 25


@pytest.mark.parametrize("name", CLIENTS)
def test_a_broken_client_is_reported(name: str) -> None:
    """At every provider with a documented rule."""
    found = [client_report(name, provider) for provider in PROVIDERS]
    effective = [one for one in found if one.reported is not None]

    assert effective
    assert [one.provider for one in effective if not one.reported] == []
