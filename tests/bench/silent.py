"""`understudy serve` without a journal, for the bench alone: `python -m bench.silent OPTION …`."""

import sys
from typing import Any

from understudy import way
from understudy.cli import main


def _not_noted(_call: Any, reply: Any, _row: str | None, _found: Any = ()) -> Any:
    return reply


if __name__ == "__main__":
    way._noted = _not_noted
    main(["serve", *sys.argv[1:]])
