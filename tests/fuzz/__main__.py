"""`python -m fuzz`: a server of its own, sent bad requests over kept connections; ends with 1 if anything broke."""

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from fuzz.pulse import Pulse
from fuzz.requests import ForControl, ForProvider, Sent
from mockreel.server.admin.control_routes import ROWS
from mockreel.simulator.simulator import load_contracts

PROVIDERS = ("runflow", "aimlapi", "runninghub")
# What a provider may say on purpose: not offered here, no time, and the end of a wait.
ON_PURPOSE = frozenset({501, 503, 504})
# Real seconds; an archive of the 20,000 requests of a round takes some.
PATIENCE = 20.0
# Seconds of the server's processor time for which one request may keep others waiting.
LONGEST_HOLD = 1.0
# Between two resets so many requests are sent; after each the memory is looked at.
ROUND = 20_000


class Target:
    """One port, asked over one kept connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._where = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._connection = self._new()

    def _new(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._where, timeout=PATIENCE)

    def send(self, sent: Sent) -> tuple[int, bytes]:
        """The status and the body; 0 where a new connection ended without an answer, too."""
        status, body = self._send(sent)
        return (status, body) if status else self._send(sent)

    def _send(self, sent: Sent) -> tuple[int, bytes]:
        one = self._connection
        try:
            one.putrequest(sent.method, sent.target, skip_accept_encoding=True)
            for name, value in sent.headers:
                one.putheader(name, value.encode("latin-1", "replace"))
            one.putheader("Content-Length", str(len(sent.body)))
            one.endheaders(sent.body or None)
            answer = one.getresponse()
            return answer.status, answer.read()
        except TimeoutError:
            one.close()
            self._connection = self._new()
            raise
        except (http.client.HTTPException, OSError, ValueError) as broken:
            one.close()
            self._connection = self._new()
            return 0, str(broken).encode()


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
        self._draw = draw
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []

    def requests(self, count: int) -> None:
        """Send so many."""
        for _ in range(count):
            name = self._draw.choice((*PROVIDERS, *PROVIDERS, "control"))
            sent = self._asks_control.one() if name == "control" else self._asks[name].one()
            target = self._control if name == "control" else self._providers[name]
            try:
                status, body = target.send(sent)
            except TimeoutError:
                self._found(f"no answer in {PATIENCE:g} s ({self._clock()})", name, sent)
                continue
            if "/clock/advance" in sent.target or "/clock/speed" in sent.target:  # at the end of time no job ends
                self.reset()
            elif "/clock" in sent.target:
                self._run_clock()
            self.counts[f"{name} {status // 100}xx"] += 1
            if status >= 500 and status not in ON_PURPOSE:
                self._found(f"{status} {body[:200]!r}", name, sent)
            if (held := self._pulse.longest()) > LONGEST_HOLD:
                self._found(f"others waited while the server worked for {held:.2f} s", name, sent)

    def look(self) -> None:
        """See that everything that was taken can be shown, and take the ids of some jobs along."""
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
        told = [self._control.send(Sent("GET", f"/_mockreel/{path}", (), b""))[1] for path in ("clock", "rules")]
        return b" ".join(told).decode("utf-8", "replace")[:1000]

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
        yield run.reset()


def main() -> int:
    """Run it; gives the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=ROUND, help="how many; a million takes about an hour")
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
        with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as server:
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
