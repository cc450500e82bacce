"""The tools: each is one question or one command to the mock server, and gives plain JSON values."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from mockreel import __version__
from mockreel.cli.use.mcp import error_explanation, example_job
from mockreel.cli.use.mcp.connection import Connection
from mockreel.client import Invalid
from mockreel.errors import OptionError
from mockreel.webhooks.receiver_address import check_receiver_address

Row = dict[str, Any]
Provider = Annotated[str, Field(description="The provider's name, as `status` lists it.")]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_ROWS = 200


class Tools:
    """The tools over one mock server."""

    NAMES = (
        "status",
        "submit_example",
        "list_jobs",
        "read_journal",
        "explain_error",
        "list_faults",
        "inject_fault",
        "clear_rules",
        "advance_clock",
        "check_handler",
        "cost_avoided",
        "reset",
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._control = connection.control

    def status(self) -> Row:
        """Show the mock server: base URLs and keys to use, the clock, and the real hosts that must not be called."""
        about = self._control.about()
        rows = {name: self._provider(name, row) for name, row in about["providers"].items()}
        return {
            "version": about["mockreel"],
            "tools_version": __version__,
            "dashboard": f"{self._control.url}/",
            "started_by_these_tools": self._connection.started,
            "clock": about["clock"],
            "providers": rows,
        }

    def _provider(self, name: str, row: Mapping[str, Any]) -> Row:
        contract = self._connection.contract(name)
        return {
            "title": row["title"],
            "base_url": self._connection.url(name),
            "key": self._connection.key_of(name),
            "real_hosts_that_bill": list(contract.hosts),
        }

    def submit_example(
        self,
        *,
        provider: Provider,
        model: Annotated[str | None, Field(description="A model's id; default: the documented example's.")] = None,
        input: Annotated[  # noqa: A002
            dict[str, Any] | None, Field(description="The model's input; default: the documented example's.")
        ] = None,
        scenario: Annotated[
            str | None, Field(description="What happens: fail, nsfw, stuck, slow, insufficient-credit, …")
        ] = None,
        callback_url: Annotated[str | None, Field(description="The webhook's URL, on this machine.")] = None,
    ) -> Row:
        """Submit a job to the mock server, as a client of the provider would. Nothing is billed."""
        try:
            job = example_job.submit(
                self._connection, provider, model=model, fields=input, scenario=scenario, callback_url=callback_url
            )
        except Invalid as problem:
            raise error_explanation.RejectedExample(problem) from problem
        return dict(self._control.get_job(provider, job.id).raw)

    def list_jobs(
        self,
        *,
        provider: Annotated[str | None, Field(description="Only this provider's.")] = None,
        id: Annotated[str | None, Field(description="One job whole: with requests and webhooks.")] = None,  # noqa: A002
        limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 20,
    ) -> Row:
        """List jobs with their states, newest first; or show one with its requests and webhook attempts."""
        if id is None:
            page = self._control.jobs(provider=provider, limit=limit)
            return {"count": page.count, "jobs": [dict(one.raw) for one in page]}
        if provider is None:
            raise OptionError("provider", None, self._connection.providers(), then="A job is named with its provider.")
        return dict(self._control.get_job(provider, id).raw)

    def read_journal(
        self,
        *,
        provider: Annotated[str | None, Field(description="Only this provider's.")] = None,
        operation: Annotated[str | None, Field(description="Only this operation, as get_run.")] = None,
        status: Annotated[int | None, Field(description="Only this HTTP status.")] = None,
        bodies: Annotated[bool, Field(description="With request and response bodies.")] = False,
        limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 20,
    ) -> Row:
        """Read what was requested and answered, newest first, with every violation. Keys are redacted."""
        page = self._control.journal(
            provider=provider, operation=operation, status=status, bodies=bodies, limit=limit, order="newest"
        )
        return {"count": page.count, "requests": [dict(one.raw) for one in page]}

    def explain_error(
        self,
        *,
        number: Annotated[
            int | None, Field(ge=1, description="The request's number; default: the newest rejected.")
        ] = None,
        provider: Annotated[str | None, Field(description="Instead, list this provider's error responses.")] = None,
        error: Annotated[
            str | None, Field(description="Or explain one by its name or code; of every provider, if none is given.")
        ] = None,
    ) -> Row:
        """Explain why a request was rejected: violations, the error response, and its documentation."""
        if number is not None and (provider, error) != (None, None):
            raise OptionError("number", number, then="Give either `number`, or `provider` and `error`.")
        if provider is None and error is None:
            return dict(error_explanation.explain(self._connection, number))
        names = self._connection.providers() if provider is None else [provider]
        contracts = [self._connection.contract(name) for name in names]
        if error is None:
            return {"errors": error_explanation.errors(contracts[0])}
        if provider is not None and error in contracts[0].errors:
            return dict(error_explanation.error_row(contracts[0], error))
        return {"errors": error_explanation.matching(contracts, error)}

    def list_faults(self) -> Row:
        """List the faults that can be injected, and the scenarios of each provider."""
        faults = [{name: one[name] for name in ("name", "sort", "says")} for one in self._control.faults()]
        return {"faults": faults, "scenarios": dict(self._control.scenarios())}

    def inject_fault(
        self,
        *,
        fault: Annotated[str | None, Field(description="A fault, as 'delay; seconds=2' or 'reset'.")] = None,
        scenario: Annotated[str | None, Field(description="Or a scenario, as rate-limited or fail.")] = None,
        provider: Annotated[str | None, Field(description="For requests to this provider.")] = None,
        operation: Annotated[str | None, Field(description="For this operation.")] = None,
        model: Annotated[str | None, Field(description="For this model.")] = None,
        nth: Annotated[int | None, Field(description="For the N-th matching request only.")] = None,
    ) -> Row:
        """Make matching requests fail: add a rule with a fault or a scenario. `clear_rules` ends it."""
        options = {
            "fault": fault,
            "scenario": scenario,
            "provider": provider,
            "operation": operation,
            "model": model,
            "nth": nth,
        }
        rule = self._control.add_rule(**{name: value for name, value in options.items() if value is not None})
        return dict(rule.raw)

    def clear_rules(self) -> Row:
        """Remove all rules: no fault is injected any more."""
        self._control.clear_rules()
        return {"rules": []}

    def advance_clock(
        self,
        seconds: Annotated[float, Field(ge=0, description="Simulated seconds.")],
        hold: Annotated[bool | None, Field(description="Pause the clock first, or resume it.")] = None,
    ) -> Row:
        """Advance the clock: jobs change their states and webhooks are delivered at once, without waiting."""
        if hold is not None:
            self._control.hold() if hold else self._control.resume()
        return dict(self._control.advance(seconds).raw)

    def check_handler(
        self,
        url: Annotated[str, Field(description="The webhook handler, on this machine.")],
        provider: Provider,
        secret: Annotated[str | None, Field(description="What it verifies signatures with.")] = None,
        budget: Annotated[float, Field(ge=1, le=300, description="Real seconds for everything.")] = 30.0,
    ) -> Row:
        """Check a webhook handler: every valid webhook must be accepted, forged and malformed ones must not."""
        from mockreel.conformance.handler import HandlerPlan, check_handler  # noqa: PLC0415
        from mockreel.conformance.reports.report import row  # noqa: PLC0415

        check_receiver_address("url", url)
        if (urlsplit(url).hostname or "") not in LOOPBACK:
            raise OptionError(
                "url", url, ["http://127.0.0.1:PORT/…"], then="Only handlers on this machine are checked."
            )
        report = check_handler(url, provider, HandlerPlan(secret=secret, budget=budget))
        return {
            "holds": report.exit_code == 0,
            "summary": report.sentence(),
            "findings": [dict(row(one)) for one in report.findings],
            "not_checked": [f"{one.check}: {'; '.join(one.reasons)}" for one in report.unchecked],
        }

    def cost_avoided(self) -> Row:
        """Sum up what the jobs so far would have cost at the real providers, per currency."""
        return dict(self._control.cost_avoided())

    def reset(self) -> Row:
        """Reset the mock server to its state at the start: no jobs, no rules, an empty journal."""
        return dict(self._control.reset())
