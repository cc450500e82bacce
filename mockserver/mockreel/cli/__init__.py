"""The command line: each command in its own module, loaded on demand."""

import gc
import importlib
import sys
from typing import Any, NoReturn

import click

from mockreel import __version__
from mockreel.cli.commands import COMMANDS, GROUPS
from mockreel.cli.process_start import process_start
from mockreel.errors import MockreelError, OptionError
from mockreel.terminal import screened


class _Lazy(click.Group):
    """A group whose commands are imported on first use, so that `serve` pays for nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # nothing that modules make is garbage: looking for some took a twentieth of the start of `serve`
        try:
            command: click.Command = importlib.import_module(f"mockreel.cli.{COMMANDS[cmd_name][0]}").command
        finally:
            gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; its output never controls the terminal, wherever its texts come from."""
        with screened():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise OptionError("command", args[0], COMMANDS, then="`mockreel --help` lists them all.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockreel")
def group() -> None:
    """A local mock server for three video-generation APIs: Runflow, AI/ML API and RunningHub."""


def main(args: list[str] | None = None) -> Any:
    """Run the command line; an expected error is one sentence and exit code 2."""
    try:
        started = process_start() if args is None else None
        returned = group.main(args=args, prog_name="mockreel", standalone_mode=False, obj=started)
        sys.exit(returned if isinstance(returned, int) else 0)
    except OptionError as problem:
        from mockreel.cli.option_names import sentence  # noqa: PLC0415

        _fail(f"mockreel: {sentence(problem, sys.argv[1:] if args is None else args)}")
    except MockreelError as problem:
        _fail(f"mockreel: {problem}")
    except OSError as problem:  # a full disk, a folder that may not be read: nothing of ours is broken
        _fail(f"mockreel: {problem.strerror or problem}{f': {problem.filename}' if problem.filename else ''}.")
    except click.exceptions.NoArgsIsHelpError as problem:  # its message is the help
        _fail(problem.format_message())
    except click.UsageError as problem:
        _fail(f"mockreel: {_sentence(problem)}")
    except click.ClickException as problem:
        _fail(f"mockreel: {problem.format_message()}", problem.exit_code)
    except click.Abort:
        _fail("Aborted!", 1)


def _sentence(problem: click.UsageError) -> str:
    """What was wrong with the call, and where its help is."""
    command_path = problem.ctx.command_path if problem.ctx else "mockreel"
    text = problem.format_message().rstrip(".")
    if isinstance(problem, click.BadParameter) and problem.param and isinstance(problem.param.type, click.Path):
        text += ". Name one that exists" if text.endswith("does not exist") else ". Name another"
    return f"{text}{'' if text.endswith(('?', '?)')) else '.'} See `{command_path} --help`."


def _fail(text: str, code: int = 2) -> NoReturn:
    from mockreel.cli.output import complain  # noqa: PLC0415

    with screened():
        complain(text)
    sys.exit(code)
