"""What a page shows of a terminal: commands behind `$`, and what each prints."""

import re
from collections.abc import Iterator

from tools.pages import Block


def dialogue(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it prints; a command goes on where a line ends with `\\`."""
    command, expected = "", list[str]()
    for line in block.text.splitlines():
        if command.endswith("\\\n"):
            command += line + "\n"
        elif line.startswith("$ "):
            if command:
                yield command, "\n".join(expected)
            command, expected = line[2:] + "\n", []
        else:
            expected.append(line)
    yield command, "\n".join(expected)


def compare(block: Block, expected: str, printed: str) -> None:
    """See that a text was printed. Spaces and line ends do not count, so that a page may fold long lines."""
    pattern = ".*".join(re.escape(part) for part in "".join(expected.split()).split("..."))
    assert re.fullmatch(pattern, "".join(printed.split()), re.DOTALL), (
        f"{block.where} shows\n{expected}\nbut what is printed is\n{printed}"
    )
