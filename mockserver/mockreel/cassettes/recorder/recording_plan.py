"""The requests of a recording, their cost, and whether they are allowed: shown before anything is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import mockreel
from mockreel._data import checkout, data_root
from mockreel.cassettes.cassette_errors import NotRecorded
from mockreel.cassettes.recording_rules import ErrorCase, Rules, read_rules
from mockreel.client.input_format import formatted
from mockreel.client.profile import ClientProfile
from mockreel.client.profile_file import read_profile
from mockreel.contract import Contract, load_contract
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact
from mockreel.engine.redaction.url_redaction import masked_url
from mockreel.errors import OptionError
from mockreel.webhooks.receiver_address import check_receiver_address

_PACKAGE = Path(mockreel.__file__).resolve().parent


@dataclass(frozen=True)
class Plan:
    """One recording of one provider.

    Args:
        root: the folder of its contract.
        host: the API host to use.
        out: the folder for the cassettes.
        model, input: the job; none is submitted if `model` is None.
        callback_url: the receiver's public URL; webhooks are not recorded if None.
    """

    contract: Contract
    profile: ClientProfile
    rules: Rules
    root: Path
    host: str
    out: Path
    day: date
    model: str | None
    input: Mapping[str, Any]
    refusals: tuple[ErrorCase, ...]
    callback_url: str | None = None

    @property
    def base_url(self) -> str:
        return f"https://{self.host}"

    @property
    def cost(self) -> Cost:
        """What the job costs by the contract."""
        held = self.contract.names.get(self.model or "")
        if held is None:
            return Cost(None, str(self.contract.pricing.get("currency", "")), "unknown")
        return artifact.price_of(self, held, formatted(self.contract, held, self.input))

    def path(self, name: str) -> Path:
        return self.out / f"{self.day.isoformat()}-{name.replace('/', '-')}.yaml"

    def metadata(self, title: str) -> dict[str, Any]:
        return {
            "origin": "live",
            "provider": self.contract.provider,
            "title": title,
            "recorded": self.day.isoformat(),
            "source": [],
            "contract": str(self.contract.document["info"]["version"]),
            "reading": {},
        }

    def lines(self) -> Iterator[str]:
        """The plan, as it is shown."""
        yield f"{self.contract.title} at {self.base_url}, into {self.out}"
        for row in self.refusals:
            what = (
                f"poll of the unknown job {row.poll}"
                if row.poll
                else f"submit of {row.model} with an input that is refused"
            )
            yield f"  {row.name}: {what}{', with a wrong key' if row.wrong_key else ''}. Costs nothing."
        if self.model is None:
            yield "  No job is submitted."
            return
        yield f"  job: submit of {self.model}, polls, its result. {price_text(self.cost)}"
        yield f"  callback: {self._callback()}"

    def _callback(self) -> str:
        if not any(operation.raw.get("callbacks") for operation in self.contract.operations):
            return f"{self.contract.title} documents none."
        if self.callback_url is None:
            return "not recorded, as there is no --callback-url by which the provider reaches this machine."
        return f"at {masked_url(self.callback_url.partition('?')[0])}"


def make_plan(
    provider: str,
    *,
    day: date,
    data: Path | None = None,
    out: Path | None = None,
    host: str | None = None,
    model: str | None = None,
    input: Mapping[str, Any] | None = None,  # noqa: A002
    job: bool = True,
    refusals: bool = True,
    callback_url: str | None = None,
) -> Plan:
    """The plan of a recording.

    Raises:
        OptionError: an unknown provider, host or model, or a callback URL that is none.
        NotRecorded: there is no place for the cassettes.
    """
    root = data if data is not None and (data / "contracts" / provider).is_dir() else data_root()
    contract = load_contract(provider, root=root)
    rules = read_rules(provider, root=root)
    if host is not None and host not in contract.hosts:
        raise OptionError("host", host, contract.hosts)
    if not job and not refusals:
        raise NotRecorded("Without the job and without the refusals nothing is left to record. Leave one option out.")
    if model is not None and input is None and model != rules.model:
        raise OptionError("input", None, then=f"A model of your own needs its input: --input '{{…}}' ({model}).")
    if model is not None and model not in contract.names:
        raise OptionError("model", model, contract.names, then=f"`mockreel models --provider {provider}` lists them.")
    if callback_url is not None:
        check_receiver_address("callback_url", callback_url, example="https://name-of-your-tunnel.example/in")
    return Plan(
        contract,
        read_profile(provider, root=root),
        rules,
        root,
        host or contract.hosts[0],
        _out(provider, root, data, out),
        day,
        (model or rules.model) if job else None,
        rules.input if input is None else input,
        rules.refusals if refusals else (),
        callback_url,
    )


def _out(provider: str, root: Path, data: Path | None, out: Path | None) -> Path:
    """Where cassettes go: what was name_in_schema, else a checkout or a data folder of the user's own."""
    if out is None:
        own = data if root == data else checkout()
        if own is None:
            raise NotRecorded("Cassettes are not written into an installed package. Name a folder: --out DIR")
        return own / "contracts" / provider / "cassettes" / "live"
    if out.resolve().is_relative_to(_PACKAGE):
        raise NotRecorded(f"{out} is in the installed package. Choose another folder: --out DIR")
    return out


def price_text(cost: Cost) -> str:
    """A price in words."""
    if cost.amount is None:
        return "Its price is unknown."
    sure = {"exact": "Costs", "at least": "Costs at least"}[cost.certainty]
    return f"{sure} {_plain(cost.amount)} {cost.currency}."


def admit(cost: Cost, *, limit: Decimal | None, assumed: Decimal | None) -> None:
    """Check that the cost of a job is within the limit.

    Raises:
        NotRecorded: it costs more, or its price is not exact and there is no assumed price.
    """
    if limit is None:
        return
    amount = cost.amount if cost.certainty == "exact" else assumed
    if amount is None:
        raise NotRecorded(
            f"--max-spend {_plain(limit)} cannot be held: {price_text(cost)} "
            f"Set an assumed price: --assume-price AMOUNT, in {cost.currency or 'its currency'}."
        )
    if cost.amount is not None:
        amount = max(amount, cost.amount)
    if amount > limit:
        raise NotRecorded(
            f"The job would cost {_plain(amount)} {cost.currency}; --max-spend is {_plain(limit)}. Nothing was sent."
        )


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
