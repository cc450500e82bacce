"""Drift: what differs between two versions of facts, whom it breaks, and what proves it.

Each comparison yields `Finding`s: `comparison` compares the contract with other data, newer docs or a page;
`cassette_drift` compares it with recorded exchanges; `contradictions` compares one set of docs with itself. A new
comparison is one more function that yields findings; reports and exit codes stay as they are.
"""

from mockreel.drift.comparison import data_drift, docs_drift, pages_drift
from mockreel.drift.contradictions import contradictions
from mockreel.drift.finding import NOTHING, VERDICTS, Finding, Verdict, ordered
from mockreel.drift.recorded.cassette_drift import cassettes_drift
from mockreel.drift.witness.inclusion import Inclusion, includes
from mockreel.drift.witness.schema_message import Message

__all__ = [
    "NOTHING",
    "VERDICTS",
    "Finding",
    "Inclusion",
    "Message",
    "Verdict",
    "cassettes_drift",
    "contradictions",
    "data_drift",
    "docs_drift",
    "includes",
    "ordered",
    "pages_drift",
]
