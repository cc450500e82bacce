"""`mockreel serve` without a journal, for the bench alone: `python -m bench.silent OPTION …`."""

import sys

from mockreel.cli import main
from mockreel.contract.messages.message import Response
from mockreel.contract.validation import Violation
from mockreel.simulator import pipeline
from mockreel.simulator.request_context import RequestContext


def not_noted(
    context: RequestContext, response: Response, row: str | None, found: tuple[Violation, ...] = ()
) -> Response:
    """What `way` does with a response, without writing it down."""
    del context, row, found
    return response


if __name__ == "__main__":
    pipeline._noted = not_noted
    main(["serve", *sys.argv[1:]])
