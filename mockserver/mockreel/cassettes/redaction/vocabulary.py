"""The words of a contract: those that a provider uses in sentences about nobody."""

import re
from collections.abc import Iterator
from typing import Any

from mockreel.contract import Contract

WORD = re.compile(r"[^\W_]+")
_STEM = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# Words that join sentences; whether they occur in a contract's own texts is chance.
_COMMON = (
    "a able about above access account after again all allowed already also an and any are as at attempt attempts "
    "available back bad be because been before below between body both but by call can cannot check client "
    "contact could credentials credit credits current currently data decode deprecated did do does due during "
    "each either empty end error errors exceed exceeded exist existing exists expect expected expired fail failed "
    "failure field fields file find first for forbidden format found from get given got had has have header help "
    "here how id if in incorrect information insufficient input internal into invalid is issue it item its json "
    "key keys larger last later least length less like limit limited list log long longer make many match maximum "
    "may message method minimum missing model models more most must name need new next no none not nothing now "
    "null number object of off old on once one only or other our out over own page parameter parse path payment "
    "per permission please plan possible process property provide provided quota range rate reach reached read "
    "receive reason received refused request requested requests require required resource response result retry "
    "run same second seconds see sent server service set should size smaller so some something soon start state "
    "status still string submit such support supported take task temporarily than that the their them then there "
    "these they this those time timeout to token too try type unable unauthorized under undefined unexpected "
    "unknown unprocessable unsupported until up update upgrade upload upstream url use used user using valid "
    "validate validation value values verify version wait was we went were what when where which while who why "
    "will with within without work wrong you your"
)


def vocabulary(contract: Contract) -> frozenset[str]:
    """Every word, in lower case, of a contract's texts and names, and the common ones."""
    texts = " ".join(_texts(contract))
    words = {one.lower() for word in WORD.findall(texts) for one in (word, *_STEM.findall(word))}
    return frozenset({one for one in words if one.isalpha()} | set(_COMMON.split()))


def _texts(contract: Contract) -> Iterator[str]:
    yield from _strings(contract.document)
    yield from (f"{row.code} {row.message} {row.fields}" for row in contract.errors.values())
    yield from (f"{row.code} {row.message}" for row in contract.failures.values())
    yield from (row.word for row in contract.lifecycle.states.values())
    yield from contract.names
    for name in contract.schemas.names():
        yield from _strings(contract.schemas.document(name))


def _strings(node: Any) -> Iterator[str]:
    """Every text in a document, and every name of a field."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield str(name)
            yield from _strings(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _strings(inner)
    elif isinstance(node, str):
        yield node
