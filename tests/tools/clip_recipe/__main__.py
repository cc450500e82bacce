"""`nox -s clips -- [FOLDER]`, or `python -m tools.clip_recipe [FOLDER]` with PyAV: make the packed clips again."""

import sys
from pathlib import Path

from tools.clip_recipe.pack import write

PACKED = Path(__file__).resolve().parents[3] / "mockserver/mockreel/engine/artifacts/media/clips"


def main() -> None:
    folder = (
        Path(sys.argv[1])
        if len(sys.argv) > 1
        else Path(__file__).resolve().parents[3] / "mockserver/mockreel/engine/artifacts/media/clips"
    )
    total = 0
    for part, size in write(folder):
        total += size
        sys.stdout.write(f"{part.file:32} {size:8}\n")
    sys.stdout.write(f"{total} bytes in {folder}\n")


if __name__ == "__main__":
    main()
