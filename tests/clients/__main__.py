"""Published clients and documented samples against the mock server, as a table. Run by `nox -s clients`."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clients.client_runs import MOCKREEL, client_outcomes, read_ready
from clients.outcome import table
from clients.sample_runs import program_outcomes, sample_outcomes


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Mapping[str, Any]]:
    """A mock server for as long as the block runs; gives what its ready file says."""
    file = folder / "ready.json"
    command = [*MOCKREEL, "serve", "--port", "0", "--ready-file", str(file), "--quiet"]
    server = subprocess.Popen(command)
    try:
        while not file.exists() and server.poll() is None:
            time.sleep(0.05)
        yield read_ready(file)
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)


def main() -> int:
    """Print the table, and end with 1 where the mock server is wrong."""
    docs = Path(os.environ["MOCKREEL_DOCS"]) if "MOCKREEL_DOCS" in os.environ else None
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with served(folder) as ready:
            outcomes = [*client_outcomes(ready, folder), *sample_outcomes(ready, docs)]
        if docs is not None:
            outcomes += program_outcomes(docs, folder)
    print(table(outcomes))
    ours = [one for one in outcomes if one.is_ours]
    fails = sum(one.ended == "fails" for one in outcomes)
    print(f"\n{fails} fail; mockreel is wrong in {len(ours)}.")
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
