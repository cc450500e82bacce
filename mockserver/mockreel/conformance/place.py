"""Where CI services show a finding: at a file of the checkout, as they show no path that it lacks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockreel.errors import OptionError

# Files that most checkouts have: the location of findings about no file, unless `--location` names one.
USUAL = (
    *("pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts"),
    *("composer.json", "Gemfile", "mix.exs", "setup.py", "requirements.txt", "Makefile", "README.md", "README.rst"),
)
# Reports whose findings are not shown without a file.
PLACED = ("sarif", "gitlab")
_OPTION = "--location"
_INSTALLED = frozenset({"node_modules", "venv", "vendor"})


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, whose path is that from the top of the checkout."""

    file: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Checkout:
    """The files of a CI service's checkout.

    Args:
        root: the top; None if unknown.
        usual: the location of findings about no file in it.
    """

    root: Path | None = None
    usual: Place | None = None

    def place(self, file: str) -> Place | None:
        """The file that a finding is about, if it is in the checkout, else the usual place."""
        held = self.root is not None and bool(file) and (self.root / file).is_file()
        return Place(file) if held else self.usual

    def lacks(self, forms: Iterable[str]) -> str:
        """A warning if a finding of one of these reports may have no file; empty if all have."""
        wanting = [form for form in forms if form in PLACED]
        if not wanting or self.usual is not None:
            return ""
        return (
            f"CI shows a finding of a {wanting[0]} report at a file of your repository, and there is none of "
            f"{USUAL[0]}, {USUAL[1]}, … here. Name one: {_OPTION} FILE, or {_OPTION} FILE:LINE."
        )


def find_checkout(folder: Path, *, location: str | None = None, words: Sequence[str] = ()) -> Checkout:
    """The checkout around a folder.

    Args:
        location: `FILE` or `FILE:LINE`, from the folder, the location of findings about no file of the checkout.
        words: a command; without a location, the first file of the checkout among them is that place.

    Raises:
        OptionError: there is no such file in the checkout.
    """
    root = top(folder)
    if location is not None:
        return Checkout(root, _place(location, folder, root))
    named = (place for word in words if (place := own_file(folder / word, root)))
    usual = (place for at in (folder, root) for name in USUAL if (place := own_file(at / name, root)))
    return Checkout(root, next(named, None) or next(usual, None))


def top(folder: Path) -> Path:
    """The nearest folder around this one that has a repository; itself, if there is none."""
    folder = folder.resolve()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def own_file(path: Path, root: Path, *, line: int = 1) -> Place | None:
    """A file as a place, unless it is not in the checkout, or belongs to what was installed there."""
    try:
        found = path.resolve()
        parts = found.relative_to(root).parts
        installed = any(part.startswith(".") or part in _INSTALLED for part in parts[:-1])
        return Place("/".join(parts), line) if found.is_file() and not installed else None
    except (OSError, ValueError):
        return None


def _place(text: str, folder: Path, root: Path) -> Place:
    name, _, number = text.rpartition(":")
    file, line = (name, int(number)) if name and number.isdecimal() else (text, 1)
    path = (folder / file).resolve()
    if not path.is_file() or not path.is_relative_to(root) or not line:
        then = f"Name a file below {root}, as CI shows no other: {_OPTION} FILE, or {_OPTION} FILE:LINE."
        raise OptionError(_OPTION, text, then=then)
    return Place(path.relative_to(root).as_posix(), line)
