"""`mockreel serve` without a journal, for the bench alone: `python -m bench.silent OPTION …`."""

import sys

from mockreel.cli import main
from mockreel.contract.messages.message import Reply
from mockreel.contract.validation import Violation
from mockreel.simulator import pipeline
from mockreel.simulator.context import Call


def not_noted(call: Call, reply: Reply, row: str | None, found: tuple[Violation, ...] = ()) -> Reply:
    """What `way` does with a reply, without writing it down."""
    del call, row, found
    return reply


if __name__ == "__main__":
    pipeline._noted = not_noted
    main(["serve", *sys.argv[1:]])
