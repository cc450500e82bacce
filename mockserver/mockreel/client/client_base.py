"""What both clients hold and do without asking anybody: their contract, their key, prices, callbacks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockreel import __version__
from mockreel.client.deadlines import Timing
from mockreel.client.flows import Core
from mockreel.client.http.api_key import Key, api_base, is_loopback
from mockreel.client.profile_file import read_manner
from mockreel.client.values import Job, JobOptions, JobRequest, Notice
from mockreel.contract import Contract, load_contract
from mockreel.contract.pricing import Cost
from mockreel.errors import OptionError

PATIENCE_SECONDS = 1800.0


class Shared:
    """What both clients hold.

    Args:
        provider: whom to speak with, by the name of its data folder; or its contract, to load it once for many clients.
        key: the API key; it goes to the provider's API host over TLS, or to this machine, and nowhere else.
        base_url: the origin of a mock server, or of another host of the provider; the documented one if None.
        readings: for what a client must choose before it asks (in which header the key is, for instance).
        timeout: seconds for one request.
        data: the folder that holds `schemas/` and `contracts/`; the packaged one if None.
        now, draw: where time and chance come from.
        transport: how requests are sent, for tests.
    """

    def __init__(
        self,
        provider: str | Contract,
        *,
        key: str,
        base_url: str | None,
        readings: Mapping[str, str] | None,
        timeout: float,
        data: Path | None,
        now: Callable[[], float],
        draw: Callable[[], float],
    ) -> None:
        contract = _contract(provider, readings, data)
        url = contract.document["servers"][0]["url"] if base_url is None else base_url
        self.base_url = api_base(url, hosts=contract.hosts, title=contract.title)
        self.provider = contract.provider
        self._key = Key(key)
        self._now = now
        profile = read_manner(contract.provider, root=data)
        self._core = Core(contract, profile, self.base_url, self._key, Timing(now, draw), timeout=timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.provider!r}, base_url={self.base_url!r})"

    def job(self, id: str, *, sort: str | None = None) -> Job:  # noqa: A002
        """A job by its id, as another process wrote it down."""
        return self._core.job(id, sort=sort)

    def price(self, model: str, input: Mapping[str, Any]) -> Cost:  # noqa: A002
        """What a job would cost by the prices that are held; asks nobody. `certainty` says how sure it is."""
        return self._core.price(model, input)

    def callback(
        self,
        body: bytes,
        headers: Mapping[str, str],
        *,
        secret: str | Sequence[str] | None = None,
        sort: str | None = None,
    ) -> Notice:
        """What a callback tells, once its signature has been verified over its exact bytes; asks nobody.

        A provider that signs nothing gives a notice that is not `verified`: poll the job before anything hangs on it.
        """
        sort = self._core.job("unknown", sort=sort).sort
        return self._core.notices.read(body, headers, secret, sort=sort)

    def _http(self) -> dict[str, Any]:
        """A proxy of the environment must not see what goes to this machine in the clear."""
        local = is_loopback(urlsplit(self.base_url).hostname or "")
        return {"headers": {"user-agent": f"mockreel/{__version__}"}, "trust_env": not local}


def _contract(provider: str | Contract, readings: Mapping[str, str] | None, data: Path | None) -> Contract:
    if isinstance(provider, str):
        return load_contract(provider, readings=readings, root=data)
    if readings is not None:
        raise OptionError("readings", dict(readings), then="A contract has its own: load it with these.")
    return provider


def request_of(model: str | JobRequest | None, given: Mapping[str, Any] | None, options: JobOptions) -> JobRequest:
    """What is to be run, from either form of saying it.

    Raises:
        OptionError: it is said in both.
    """
    if not isinstance(model, JobRequest):
        return JobRequest(model, given or {}, **options)
    if given is not None or options:
        more = [*(["input"] if given is not None else []), *options]
        raise OptionError("request", ", ".join(more), then="A JobRequest says all itself: put them into it.")
    return model
