"""`understudy serve` without a journal, for the bench alone: `python -m bench.silent OPTION …`."""

import sys

from understudy import way
from understudy.call import Call
from understudy.cli import main
from understudy.messages import Reply
from understudy.validation import Violation


def not_noted(call: Call, reply: Reply, row: str | None, found: tuple[Violation, ...] = ()) -> Reply:
    """What `way` does with a reply, without writing it down."""
    del call, row, found
    return reply


if __name__ == "__main__":
    way._noted = not_noted
    main(["serve", *sys.argv[1:]])
