"""The base of both clients: the contract, the key, prices and callbacks, without any request."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockreel import __version__
from mockreel.client.deadlines import Timing
from mockreel.client.flows import Core
from mockreel.client.http.api_key import Key, api_base, is_loopback
from mockreel.client.profile_file import read_profile
from mockreel.client.values import Job, JobOptions, JobRequest, Notice
from mockreel.contract import Contract, load_contract
from mockreel.contract.pricing import Cost
from mockreel.errors import OptionError

WAIT_SECONDS = 1800.0


class Shared:
    """The state and methods that both clients share.

    Args:
        provider: the name of the provider's data folder; or its contract, to load it once for many clients.
        key: the API key; it is sent only to the provider's API host over TLS, or to this machine.
        base_url: the URL of a mock server or of another host of the provider; the documented one if None.
        readings: options for contradictions in the docs that affect requests, such as the header of the key.
        timeout: seconds for one request.
        data: the folder with `schemas/` and `contracts/`; the packaged one if None.
        now, draw: the sources of time and randomness.
        transport: the HTTP transport, for tests.
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
        profile = read_profile(contract.provider, root=data)
        self._core = Core(contract, profile, self.base_url, self._key, Timing(now, draw), timeout=timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.provider!r}, base_url={self.base_url!r})"

    def job(self, id: str, *, sort: str | None = None) -> Job:  # noqa: A002
        """A job by its id, such as one that another process stored."""
        return self._core.job(id, sort=sort)

    def price(self, model: str, input: Mapping[str, Any]) -> Cost:  # noqa: A002
        """The cost of a job by the contract's prices, without a request; `certainty` says how sure it is."""
        return self._core.price(model, input)

    def callback(
        self,
        body: bytes,
        headers: Mapping[str, str],
        *,
        secret: str | Sequence[str] | None = None,
        sort: str | None = None,
    ) -> Notice:
        """Read a callback after verifying the signature over its exact bytes; sends no request.

        A notice of a provider without signatures is not `verified`: poll the job before relying on it.
        """
        sort = self._core.job("unknown", sort=sort).sort
        return self._core.notices.read(body, headers, secret, sort=sort)

    def _http(self) -> dict[str, Any]:
        """Client options; a proxy must not see unencrypted requests to this machine."""
        local = is_loopback(urlsplit(self.base_url).hostname or "")
        return {"headers": {"user-agent": f"mockreel/{__version__}"}, "trust_env": not local}


def _contract(provider: str | Contract, readings: Mapping[str, str] | None, data: Path | None) -> Contract:
    if isinstance(provider, str):
        return load_contract(provider, readings=readings, root=data)
    if readings is not None:
        raise OptionError("readings", dict(readings), then="Load the contract with these readings.")
    return provider


def request_of(model: str | JobRequest | None, input_: Mapping[str, Any] | None, options: JobOptions) -> JobRequest:
    """The job request, from either form of arguments.

    Raises:
        OptionError: both forms are given.
    """
    if not isinstance(model, JobRequest):
        return JobRequest(model, input_ or {}, **options)
    if input_ is not None or options:
        more = [*(["input"] if input_ is not None else []), *options]
        raise OptionError("request", ", ".join(more), then="Put these fields into the JobRequest.")
    return model
