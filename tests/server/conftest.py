"""A served stage for the tests of this folder."""

from collections.abc import Iterator

import pytest
from staging import FOURTH, START

from understudy.server.hosting import serving
from understudy.server.running_stage import RunningStage


@pytest.fixture(scope="module")
def served() -> Iterator[RunningStage]:
    """Two providers on a held clock."""
    with serving("encore", "aimlapi", data=FOURTH, held=True, start=START) as running:
        yield running
