"""What a proxy reports of a broken server or client."""

from dataclasses import dataclass

from proxy.day import Day, contract_of
from proxy.saboteurs.broken_server import Server
from proxy.saboteurs.clients import CLIENTS


@dataclass(frozen=True)
class Found:
    """Whether a pair was reported: None if it changed nothing."""

    id: str
    provider: str
    reported: bool | None
    lines: tuple[str, ...] = ()


def server_report(server: Server, provider: str, honest: Day) -> Found:
    """What a proxy reports of a broken server."""
    day = Day(provider, server.answering())
    day.spend()
    if day.answers == honest.answers:
        return Found(server.id, provider, None)
    found = [str(one) for one in day.violations if one.side != "request"]
    return Found(server.id, provider, bool(found), tuple(found[:3]))


def client_report(id_: str, provider: str) -> Found:
    """What a proxy reports of a broken client."""
    script, providers = CLIENTS[id_]
    if provider not in providers:
        return Found(id_, provider, None)
    day = Day(provider)
    script(day)
    day.target.close()
    found = [str(one) for one in day.violations if one.side == "request"]
    return Found(id_, provider, bool(found), tuple(found[:3]))


def honest_day(provider: str) -> Day:
    day = Day(provider)
    day.spend()
    assert contract_of(provider) is day.contract
    return day
