"""The demo: one job for each documented example, webhooks rejected twice, files saved, costs summed."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from mockreel.cli.use.demo.performance import Performer, Progress
from mockreel.cli.use.demo.receiver import Receiver, receiving
from mockreel.cli.use.demo.screen import Changed, progress_screen
from mockreel.contract.conversation.demo_jobs import Script, read_script
from mockreel.engine.billing import cost_avoided
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator

# How many attempts of each callback the demo's receiver refuses.
REJECTED_ATTEMPTS = 2
# When only back-offs longer than this are left to wait for, the clock is sped up.
LONG_WAIT_SECONDS = 10.0
FAST = 60.0
# What to do after it.
NEXT = (
    "Next: start the server with `mockreel serve` and set your client's base URL,",
    "or run your program unchanged: `mockreel run -- COMMAND`.",
)


def perform(folder: Path, *, console: Console, seed: int = 0, data: Path | None = None) -> bool:
    """Run the demo, saving clips into `folder`; whether all of it happened.

    Args:
        console: where it is shown.
        seed: the same seed gives the same jobs.
        data: a further data folder, whose providers take part where they have a section `demo` in `conversation.yaml`.
    """
    with serving(settings=Settings(seed=seed), data=data) as server:
        demo = _Demo(
            server, {name: read_script(name, root=_home(data, name)) for name in server.simulator.providers}, console
        )
        demo.introduce()
        now = server.simulator.clock.now
        with (
            receiving(rejections=REJECTED_ATTEMPTS, now=now) as receiver,
            progress_screen(console, demo.progresses) as changed,
        ):
            asyncio.run(demo.perform(receiver, folder, changed))
        _sum_up(console, demo.progresses, folder, server.simulator)
    return all(progress.done and not progress.problem for progress in demo.progresses)


def _home(data: Path | None, name: str) -> Path | None:
    return data if data is not None and (data / "contracts" / name).is_dir() else None


class _Demo:
    """One run: the mock server, the acts of every provider, and how far each is."""

    def __init__(self, server: MockServer, scripts: Mapping[str, Script], console: Console) -> None:
        self._server = server
        self._providers = server.simulator.providers
        self._scripts = scripts
        self._console = console
        acts = [act for script in scripts.values() for act in script.acts]
        self.progresses = [Progress(act, self._providers[act.provider].contract.title) for act in acts]

    def introduce(self) -> None:
        show_line = partial(_print, self._console)
        show_line("mockreel demo: nothing reaches the real providers, and nothing is billed.")
        for name, provider in self._providers.items():
            show_line(f"  {provider.contract.title:<12} {self._server.addresses[name].url}")
        show_line(
            f"The first {REJECTED_ATTEMPTS} attempts of each webhook are answered with 500 to show the retries.\n"
        )

    async def perform(self, receiver: Receiver, folder: Path, changed: Changed) -> None:
        """Every provider's acts at once."""
        performers = [
            Performer(provider, self._server.addresses[name], receiver, folder, changed).perform(
                self._scripts[name], [progress for progress in self.progresses if progress.act.provider == name]
            )
            for name, provider in self._providers.items()
        ]
        hurrying = asyncio.create_task(self._hurry())
        try:
            await asyncio.gather(*performers)
        finally:
            hurrying.cancel()
            await asyncio.gather(hurrying, return_exceptions=True)

    async def _hurry(self) -> None:
        """Speed the clock up once nothing but long back-offs is left to wait for."""
        while not all(progress.done or self._waits_long(progress) for progress in self.progresses):
            await asyncio.sleep(0.1)
        waiting = {self._providers[p.act.provider].contract.title for p in self.progresses if not p.done}
        if waiting:
            self._server.simulator.clock.set_speed(FAST)
            names = " and ".join(sorted(waiting))
            _print(self._console, f"{names} waits longer before it retries: the clock now runs {FAST:g} times as fast.")

    def _waits_long(self, progress: Progress) -> bool:
        policies = self._providers[progress.act.provider].contract.callbacks.policies.values()
        longest = max((delay for policy in policies for delay in policy.delays), default=0.0)
        return progress.act.callback and bool(progress.attempts) and longest > LONG_WAIT_SECONDS


def _sum_up(console: Console, progresses: Sequence[Progress], folder: Path, simulator: Simulator) -> None:
    """What it would have cost, per currency; unknown prices are named, not guessed."""
    _print(console, f"\nEstimated cost avoided: {cost_avoided(simulator).amounts}.")
    for progress in progresses:
        if progress.cost is None or progress.cost.amount is None:
            note = f"  Not included: {progress.title}, whose price is unknown."
            _print(console, note)
    silent = [
        provider.contract.title for provider in simulator.providers.values() if not provider.contract.callbacks.events
    ]
    for title in silent:
        _print(console, f"  {title} documents no webhook, so none was sent.")
    failed = [progress for progress in progresses if progress.problem]
    _print(console, f"The files are in {folder}.")
    if not any(progress.problem for progress in progresses):
        for line in NEXT:
            _print(console, line)
    for progress in failed:
        _print(console, f"FAILED {progress.title}: {progress.problem}")


def _print(console: Console, text: str) -> None:
    """Print a sentence: wrapped on a terminal, whole in a pipe."""
    console.print(text, highlight=False, markup=False, soft_wrap=not console.is_terminal)
