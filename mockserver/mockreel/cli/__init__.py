"""The command line: thin, each command in a module of its own, loaded when it is asked for."""

import gc
import importlib
import sys
from typing import Any, NoReturn

import click

from mockreel import __version__
from mockreel.errors import MockreelError
from mockreel.terminal import screened

# Command to the module that holds it and its line in the overview, by group: `--help` reads no more than this.
_GROUPS = {
    "Use": {
        "serve": ("use.serve", "Play the providers on this machine until stopped."),
        "run": ("use.run", "Run any program, unchanged, against the providers as they are played here."),
        "demo": ("use.demo", "Start everything, run one job for each documented page, show what happens."),
        "models": ("use.models", "List, search and describe the models: input, bounds, defaults, price, evidence."),
        "faults": ("use.faults", "List what can be damaged on purpose, replies and callbacks, and how to ask for it."),
        "listen": ("use.listen", "Receive callbacks: verify, show, and hand them on to a handler."),
        "trigger": ("use.trigger", "Send any callback of any provider, signed, with fields of your own."),
        "control": ("admin", "Ask and change a stand-in that is being served: clock, jobs, journal, rules, snapshots."),
    },
    "Gate": {
        "check": ("gate.check", "Check that a server plays a provider: the stand-in, or any base URL."),
        "proxy": (
            "gate.proxy",
            "Forward to the real providers, hold both sides to the contract, and keep a spending limit.",
        ),
        "replay": (
            "gate.replay",
            "Replay the cassettes: against the contract, through the client, beside the stand-in.",
        ),
        "drift": ("gate.drift", "Compare what is held with newer docs or other data: what moved, and whom it breaks."),
        "cassettes": ("gate.cassettes", "Look in recordings, or in any files, for what looks like a secret."),
    },
    "Maintain": {
        "record": (
            "maintain.record",
            "Record a provider itself with your key: plan and price first, and no secret in what is written.",
        ),
        "build": (
            "maintain.build",
            "Build the schemas from the providers' docs, and the server's files from the written ones.",
        ),
        "docs": ("maintain.docs", "Fetch the newest docs of the providers, politely."),
        "evidence": (
            "maintain.evidence",
            "Count the facts by why they are believed, and list what rests on inference alone.",
        ),
    },
}
_COMMANDS = {name: row for group in _GROUPS.values() for name, row in group.items()}


class _Lazy(click.Group):
    """A group whose commands are imported on first use, so that `serve` pays for nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        gc.disable()  # nothing that modules make is garbage: looking for some took a twentieth of the start of `serve`
        try:
            command: click.Command = importlib.import_module(f"mockreel.cli.{_COMMANDS[cmd_name][0]}").command
        finally:
            gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; nothing that it says moves the terminal, whoever chose the words."""
        with screened():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in _GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockreel")
def group() -> None:
    """A stand-in for Runflow, AI/ML API and RunningHub: the same states, callbacks, errors and prices, no credits."""


def main(args: list[str] | None = None) -> Any:
    """Run the command line; what goes wrong on purpose is one sentence and exit code 2."""
    try:
        return group.main(args=args, prog_name="mockreel", standalone_mode=True)
    except MockreelError as problem:
        _end(str(problem))
    except OSError as problem:  # a full disk, a folder that may not be read: nothing of ours is broken
        _end(f"{problem.strerror or problem}{f': {problem.filename}' if problem.filename else ''}.")


def _end(why: str) -> NoReturn:
    with screened():
        click.echo(f"mockreel: {why}", err=True)
    sys.exit(2)
