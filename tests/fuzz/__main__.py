"""`python -m fuzz`: a server of its own, bad requests over keep-alive connections; ends with 1 if anything broke."""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fuzz.pulse import Pulse
from fuzz.requests import ForControl, ForProvider, Sent
from fuzz.target import WAIT_SECONDS, Target
from mockreel.server.admin.control_routes import ROWS
from mockreel.simulator.simulator import load_contracts

PROVIDERS = ("runflow", "aimlapi", "runninghub")
# What a provider may say on purpose: not offered here, no time, and the end of a wait.
ON_PURPOSE = frozenset({501, 503, 504})
# Seconds of the server's processor time for which one request may keep others waiting.
LONGEST_HOLD = 1.0
# Between two resets so many requests are sent; after each the memory is looked at.
ROUND = 5_000
# Requests to a provider are sent together: so many, and so many bytes, which fit into the buffers of a connection.
TOGETHER, BYTES = 16, 64 * 1024


class Run:
    """One run of the fuzzer against one server."""

    def __init__(self, ready: dict[str, dict[str, str]], process: int, seed: int, pulse: Pulse) -> None:
        self._pid, self._pulse = process, pulse
        draw = random.Random(seed)
        contracts = load_contracts(PROVIDERS)
        self._control = Target(ready["control"]["url"])
        self._providers = {name: Target(ready[name]["url"]) for name in PROVIDERS}
        self._asks = {name: ForProvider(contracts[name], f"a-key-of-{name}-0001", draw) for name in PROVIDERS}
        left = {"advance", "restore"}
        paths = [
            (row.method, f"/_mockreel/{_plain(row.path)}") for row in ROWS if row.path.rpartition("/")[2] not in left
        ]
        paths += [("POST", "/_mockreel/clock/advance"), ("POST", "/_mockreel/restore")]
        page = (
            "",
            "/",
            "/journal",
            "/journal/{number}",
            "/jobs/{provider}/{id}",
            "/deliveries",
            "/rules",
            "/readings",
            "/accounts",
        )
        paths += [("GET", f"/_mockreel/page{one}") for one in page]
        self._asks_control = ForControl(paths, draw)
        self._batches: dict[str, list[Sent]] = {name: [] for name in PROVIDERS}
        self._draw = draw
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []

    def requests(self, count: int) -> None:
        """Send so many."""
        for _ in range(count):
            name = self._draw.choice((*PROVIDERS, *PROVIDERS, "control"))
            if name == "control":
                sent = self._asks_control.one()
                self._send(name, [sent])
                if "/clock/advance" in sent.target or "/clock/speed" in sent.target:  # at the end of time no job ends
                    self.reset()
                elif "/clock" in sent.target:
                    self._run_clock()
                continue
            batch = self._batches[name]
            batch.append(self._asks[name].one())
            if len(batch) == TOGETHER or sum(len(sent.body) for sent in batch) > BYTES:
                self._flush(name)
        for name in PROVIDERS:
            self._flush(name)

    def _flush(self, name: str) -> None:
        batch, self._batches[name] = self._batches[name], []
        if batch:
            self._send(name, batch)

    def _send(self, name: str, batch: list[Sent]) -> None:
        target = self._control if name == "control" else self._providers[name]
        try:
            answered = target.send_all(batch)
        except TimeoutError:
            self._found(f"no answer in {WAIT_SECONDS:g} s ({self._clock()})", name, batch[0])
            return
        for sent, (status, body) in zip(batch, answered, strict=True):
            self.counts[f"{name} {status // 100}xx"] += 1
            if status >= 500 and status not in ON_PURPOSE:
                self._found(f"{status} {body[:200]!r}", name, sent)
        if (held := self._pulse.longest()) > LONGEST_HOLD:
            self._found(f"others waited while the server worked for {held:.2f} s", name, batch[-1])

    def look(self) -> None:
        """Check that everything that was accepted can be shown, and take the ids of some jobs along."""
        own = "/_mockreel/"
        shown = (
            "journal?bodies=true&limit=10000",
            "journal/har",
            "jobs?limit=10000",
            "deliveries?limit=10000",
            "snapshot",
        )
        for path in (
            *shown,
            "journal/attempts?limit=10000",
            "balances",
            "rules",
            "page/",
            "page/journal",
            "page/deliveries",
        ):
            sent = Sent("GET", own + path, (("Accept", "text/html" if "page" in path else "*/*"),), b"")
            status, body = self._control.send(sent)
            if status != 200:
                self._found(f"{status} {body[:300]!r}", "control", sent)
            elif path.startswith("jobs"):
                jobs = json.loads(body)["jobs"][:50]
                self._asks_control.ids = [(row["provider"], row["id"]) for row in jobs]
                for name, asks in self._asks.items():
                    asks.ids = [row["id"] for row in jobs if row["provider"] == name]
        for provider, job in self._asks_control.ids:
            for path in (f"jobs/{provider}/{job}", f"page/jobs/{provider}/{job}"):
                sent = Sent("GET", own + path, (), b"")
                status, body = self._control.send(sent)
                if status != 200:
                    self._found(f"{status} {body[:300]!r}", "control", sent)

    def reset(self) -> int:
        """Begin again; gives the memory of the server in KB."""
        headers = (("Content-Type", "application/json"),)
        status, body = self._control.send(Sent("POST", "/_mockreel/reset", headers, b""))
        assert status == 200, body
        self._run_clock()
        self._pulse.longest()  # a whole round was shown at once, and forgotten
        lines = Path(f"/proc/{self._pid}/status").read_text("utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def _clock(self) -> str:
        """The clock and the rules as they are, which tell why somebody waits."""
        reported = [self._control.send(Sent("GET", f"/_mockreel/{path}", (), b""))[1] for path in ("clock", "rules")]
        return b" ".join(reported).decode("utf-8", "replace")[:1000]

    def _run_clock(self) -> None:
        """Let the clock run fast, so that who waits for a job does not wait long."""
        headers = (("Content-Type", "application/json"),)
        self._control.send(Sent("POST", "/_mockreel/clock/resume", headers, b""))
        self._control.send(Sent("POST", "/_mockreel/clock/speed", headers, b'{"speed": 60}'))

    def _found(self, what: str, name: str, sent: Sent) -> None:
        self.broken.append(f"{name}: {what}: {sent}")
        if len(self.broken) <= 20:
            say(self.broken[-1], flush=True)


def say(text: str, *, flush: bool = False) -> None:
    """Tell it at once."""
    sys.stdout.write(f"{text}\n")
    if flush:
        sys.stdout.flush()


def _raised(log: str) -> set[str]:
    """The last lines of each traceback: where it was raised in the package, and what."""
    found = set()
    for trace in log.split("Traceback (most recent call last):")[1:]:
        lines = [line for line in trace.splitlines() if line.strip()]
        own = [line.strip() for line in lines if "/mockreel/" in line][-4:]
        what = [line for line in lines if line[:1].isalpha() and ":" in line[:60]][:1]
        found.add(" ".join((*own, *what))[:900])
    return found


def _plain(path: str) -> str:
    """A path of Starlette's without the kinds of its parameters."""
    return path.replace(":digits}", "}").replace(":path}", "}")


def _rounds(run: Run, count: int) -> Iterator[int]:
    """The memory after each round."""
    while count > 0:
        run.requests(min(count, ROUND))
        count -= ROUND
        run.look()
        memory = run.reset()
        say(f"{sum(run.counts.values()):,} requests sent, {memory // 1024} MB", flush=True)
        yield memory


def main() -> int:
    """Run it; gives the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument(
        "--requests", type=int, default=ROUND, help="how many; a million takes half an hour of processor time"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ready, log = Path(folder, "ready.json"), Path(folder, "log")
        command = [
            sys.executable,
            "-m",
            "mockreel",
            "serve",
            "--port",
            "0",
            "--quiet",
            "--speed",
            "60",
            "--ready-file",
            str(ready),
        ]
        with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as server:
            try:
                while not ready.exists() and server.poll() is None:
                    time.sleep(0.05)
                where = json.loads(ready.read_text("utf-8"))
                began = time.monotonic()
                with Pulse(where["control"]["url"], server.pid) as pulse:
                    run = Run(where, server.pid, given.seed, pulse)
                    memory = list(_rounds(run, given.requests))
                took = time.monotonic() - began
            finally:
                server.terminate()
        traces = log.read_text("utf-8", "replace")
    for what, number in sorted(run.counts.items()):
        say(f"{what:16} {number:9,}")
    say(
        f"{sum(run.counts.values()):,} requests in {took:.0f} s; "
        f"memory after each reset, MB: {[one // 1024 for one in memory]}"
    )
    if "Traceback" in traces:
        run.broken.append("a traceback in the log")
        say("\n".join(sorted(_raised(traces))))
    if len(memory) > 3 and memory[-1] > 1.3 * memory[1]:
        run.broken.append("memory grows")
    say(f"{len(run.broken)} things broke" if run.broken else "Nothing broke.")
    return int(bool(run.broken))


if __name__ == "__main__":
    sys.exit(main())
