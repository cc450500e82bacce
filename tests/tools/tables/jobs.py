"""How a job goes: scenarios, paces, failures and error responses."""

from collections.abc import Mapping
from typing import Any

from mockreel._data import data_root
from mockreel.contract import Contract, load_contract
from mockreel.contract.data.data_files import read_document
from tools.tables.markdown import code, evidence_kind, table


def scenarios(provider: str) -> str:
    """The scenarios of a provider: what a job does, or how a request is answered."""
    contract = load_contract(provider)
    document = read_document(data_root() / "contracts" / provider / "scenarios.yaml")
    jobs = [(code(name), _course(contract, row), evidence_kind(row)) for name, row in document["jobs"].items()]
    requests = [(code(name), _answer(contract, row), evidence_kind(row)) for name, row in document["requests"].items()]
    return table(("scenario", "what happens", "evidence"), [*jobs, *requests])


def _course(contract: Contract, row: Mapping[str, Any]) -> str:
    words = [contract.lifecycle.states[state].word for state in row["states"]]
    text = " → ".join(code(word) for word in words)
    if row.get("failure"):
        text += f", by default with {code(contract.failures[row['failure']].code)}"
    if row.get("stretch"):
        text += f", {row['stretch']} times as long"
    if row.get("fields"):
        text += ", with " + ", ".join(
            f"{code(name)}: {code(str(value).lower())}" for name, value in row["fields"].items()
        )
    return text if contract.lifecycle.states[row["states"][-1]].terminal else f"{text}, and never ends"


def _answer(contract: Contract, row: Mapping[str, Any]) -> str:
    if row["row"] == "by-code":
        return "the error response that `code=` names"
    error = contract.errors[row["row"]]
    return f"the error response {error.status}, {code(error.code)}"


def failures(provider: str) -> str:
    """How an accepted job can fail."""
    document = read_document(data_root() / "contracts" / provider / "errors.yaml")
    rows = [
        (code(name), code(row["code"]), code(row["message"]), evidence_kind(row), row.get("note", ""))
        for name, row in document["failures"].items()
    ]
    return table(("failure", "code", "text", "evidence", "note"), rows)


def errors(provider: str) -> str:
    """How a request can be refused."""
    document = read_document(data_root() / "contracts" / provider / "errors.yaml")
    rows = [
        (code(name), row["status"], code(row["code"]), code(row["message"]), evidence_kind(row), row.get("note", ""))
        for name, row in document["rows"].items()
    ]
    return table(("error response", "status", "code", "text", "evidence", "note"), rows)


def paces(provider: str) -> str:
    """How long a job stays in each state, in seconds."""
    document = read_document(data_root() / "contracts" / provider / "scenarios.yaml")
    words = {state.name: state.word for state in load_contract(provider).lifecycle.states.values()}
    rows = [
        (
            code(pace),
            ", ".join(f"{code(words[state])} {_span(seconds)} s" for state, seconds in states.items()),
            evidence_kind(document["pace_evidence"][pace]),
            document["pace_evidence"][pace].get("note", ""),
        )
        for pace, states in document["pace"].items()
    ]
    return table(("pace", "time in each state", "evidence", ""), rows)


def _span(seconds: list[float]) -> str:
    least, most = seconds
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"
