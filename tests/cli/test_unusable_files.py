"""A file or folder that cannot be used: every command says what happened, with which, and what to do next."""

import errno
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from mockreel.cli import group, main
from mockreel.errors import DataError
from mockreel.file_problem import unreadable, unwritable

NEXT = re.compile(r"[Nn]ame (a|one|another) |[Cc]reate |Make room|Name another")
Place = tuple[str, str, int, click.Path]


def paths(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[Place]:
    """The words of each command, with each of its parameters that is a file or folder."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in set(command.list_commands(context)) - {"at"}:  # it has the commands beside it
            found = command.get_command(context, name)
            assert found is not None
            yield from paths(found, (*words, name))
    for one in command.params:
        if isinstance(one.type, click.Path):
            yield " ".join(words), one.opts[0] if isinstance(one, click.Option) else "", max(1, one.nargs), one.type


EVERY = sorted(paths(group), key=lambda one: one[:2])


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("place", EVERY, ids=[f"{one[0]} {one[1]}" for one in EVERY])
def test_a_place_of_the_wrong_kind_is_refused(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder for a file, a file for a folder; and what must exist and does not."""
    words, option, times, kind = place
    file = tmp_path / "file"
    file.write_text("")
    wrong = [tmp_path / "nowhere"] if kind.exists else []
    wrong += [tmp_path] if not kind.dir_okay else [file] if not kind.file_okay else []
    for path in wrong:
        text = said([*words.split(), *([option] if option else []), *times * [str(path)]], capsys)

        assert str(path) in text
        assert option in text
        assert NEXT.search(text), text


@pytest.mark.parametrize(
    "words",
    [
        "serve --port 0 --credentials {}",
        "serve --port 0 --ready-file {}",
        "serve --port 0 --state {}",
        "run --strict --report junit={} -- true",
        "check mock --provider runflow --quick --report junit={}",
        "drift --self --report json={}",
        "control restore {}",
    ],
)
def test_a_file_in_a_missing_folder_is_refused(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is run for it."""
    path = tmp_path / "nowhere" / "file"
    text = said([word.format(path) for word in words.split()], capsys)

    assert str(path) in text
    assert NEXT.search(text), text


@pytest.mark.parametrize("problem", [unwritable, unreadable])
@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_of_the_system_is_told_with_what_to_do(
    number: int, problem: Callable[[Path, OSError], DataError]
) -> None:
    """A full disk, a folder, a file of somebody else, and what nobody has thought of."""
    text = str(problem(Path("folder/file"), OSError(number, os.strerror(number))))

    assert text.startswith("folder/file: it cannot be ")
    assert os.strerror(number) in text
    assert NEXT.search(text), text
