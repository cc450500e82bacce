"""The packed files are those of the index and of the recipe, and they are read late."""

import hashlib
import subprocess
import sys

import pytest
from tools.clip_recipe.pack import parts

from mockreel.engine.artifacts.media import clip_pack

ROOM = 1_600_000


def test_the_index_names_every_file_and_no_other() -> None:
    """A file without a line would never be used, a line without a file would fail when it is."""
    there = {path.name for path in clip_pack.CLIPS.iterdir()}

    assert there == {packed.file for packed in clip_pack.index()} | {"index.json"}


@pytest.mark.parametrize("packed", clip_pack.index(), ids=lambda packed: packed.file)
def test_a_file_is_the_one_that_was_made(packed: clip_pack.Packed) -> None:
    """Line endings or a filter of a version control system would show here."""
    content = clip_pack.read(packed.file)

    assert (len(content), hashlib.sha256(content).hexdigest()) == (packed.bytes, packed.sha256)


def test_the_pack_is_in_step_with_its_recipe() -> None:
    """After a change of the list of clips, run `nox -s clips`."""
    recipe = [(part.file, part.kind, part.width, part.height, part.seconds) for part in parts()]

    assert [(row.file, row.kind, row.width, row.height, row.seconds) for row in clip_pack.index()] == recipe


def test_the_pack_stays_small() -> None:
    """It is part of the package."""
    assert sum(packed.bytes for packed in clip_pack.index()) < ROOM


def test_importing_reads_no_clip_and_needs_no_codec() -> None:
    """Start-up does not pay for media, and PyAV is for tests and for making the pack."""
    program = (
        "import sys, mockreel.engine.artifacts.media as media, mockreel.engine.artifacts.media.clip_pack as pack\n"
        "assert pack.index.cache_info().currsize == 0, 'the index was read'\n"
        "media.content(media.pick(media.ClipRequest('video', sound=False)), stamp=b'x')\n"
        "assert not {'av', 'tools.clip_recipe'} & set(sys.modules), 'a codec was imported'\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
