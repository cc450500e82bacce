"""Which readings a recording supports."""

from dataclasses import replace
from pathlib import Path

import orjson

from mockreel.cassettes.cassette import Cassette, Exchange
from mockreel.cassettes.recorder.supported_readings import supported
from mockreel.contract import load_contract

RUN = "00000000-0000-7000-8000-000000000001"
POLL = Exchange(
    "GET",
    f"https://api.runflow.io/v1/runs/{RUN}",
    (),
    b"",
    200,
    (("content-type", "application/json"),),
    orjson.dumps({"id": RUN, "status_code": "running"}),
)
CASSETTE = Cassette(Path("a.yaml"), "live", "runflow", "a", "2026", (), "1", {}, (), {}, (POLL,), ())


def read(*replies: object) -> tuple[dict[str, str], int]:
    exchanges = tuple(replace(POLL, reply=orjson.dumps(reported)) for reported in replies)
    return supported(load_contract("runflow"), replace(CASSETTE, exchanges=exchanges))


def test_valid_replies_support_the_defaults() -> None:
    """Nothing is chosen that need not be."""
    assert read({"id": RUN, "status_code": "running"}) == ({}, 0)


def test_an_option_is_chosen_that_makes_the_replies_valid() -> None:
    """The docs spell the word in two ways, and one of them was recorded."""
    chosen, wrong = read({"id": RUN, "status_code": "cancelled"})

    assert set(chosen) == {"cancel-spelling"}
    assert wrong == 0


def test_what_no_reading_allows_is_counted() -> None:
    """It is evidence: the contract is to be corrected, or a reading added."""
    assert read({"id": 7, "status_code": "running"}) == ({}, 1)


def test_files_of_others_are_no_replies_of_the_provider() -> None:
    """They are fetched from wherever the result stands."""
    file = replace(POLL, uri="https://files.mockreel.invalid/1.mp4", reply=b"(12 bytes)")

    assert supported(load_contract("runflow"), replace(CASSETTE, exchanges=(POLL, file))) == ({}, 0)
