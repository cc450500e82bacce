"""`mockreel serve`: what it says before anything is served, and whose ready file it takes away."""

import socket
from contextlib import closing
from pathlib import Path

import pytest
from support.caller import FOURTH

from mockreel.cli import main
from mockreel.cli.option_types import Size
from mockreel.cli.ready_file import announcing, write_ready_file
from mockreel.cli.use.serve_command import introduction
from mockreel.contract import load_contract
from mockreel.errors import OptionError
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server

ENCORE = ["--data", str(FOURTH), "--provider", "encore"]


def output_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What `serve` says as it ends with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", *ENCORE, *arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("state", [".", "", " ", "/", "./"])
def test_a_state_that_is_no_file_is_reported(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with what may be given."""
    output = output_of(capsys, "--port", "0", "--state", state)

    assert output.startswith("mockreel: --state: ")
    assert "is not valid. Valid: a file, redis://HOST:PORT/DB" in output
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize(
    "options", [("--watch", "--state"), ("--watch", "--record-run"), ("--record-run", "--state")], ids=" ".join
)
def test_options_that_cannot_be_combined_are_named(
    options: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a user writes them, with what to do."""
    values = {"--state": [str(tmp_path / "run.db")], "--record-run": [str(tmp_path / "recorded")]}
    output = output_of(capsys, "--port", "0", *(word for one in options for word in (one, *values.get(one, []))))

    assert output.startswith(f"mockreel: {options[0]} cannot be combined with {options[1]}. ")
    assert "eave out one of the two" in output


def test_a_ready_file_that_cannot_be_written_is_reported_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line: what, where, and what to do; nothing is served."""
    missing = tmp_path / "nope" / "ready.json"

    output = output_of(capsys, "--port", "0", "--ready-file", str(missing))

    assert output.startswith(f"mockreel: --ready-file: '{missing}' is not valid. ")
    assert "or name another file" in output
    assert len(output.splitlines()) == 1


def test_who_finds_the_port_taken_leaves_the_ready_file_of_its_holder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both were given the same path; the one that runs is still found."""
    ready = tmp_path / "ready.json"
    ready.write_text("the holder's")
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        output = output_of(capsys, "--port", str(holder.getsockname()[1]), "--ready-file", str(ready))

    assert "Cannot listen on" in output
    assert ready.read_text() == "the holder's"


def test_a_ready_file_is_removed_at_start_and_at_the_end(tmp_path: Path) -> None:
    """An old one would tell of what is no more."""
    ready = tmp_path / "ready.json"
    ready.write_text("old")

    with announcing(ready) as announce:
        assert not ready.exists()
        announce({"pid": 1})
        assert ready.read_text() == '{"pid": 1}'
    assert not ready.exists()


def test_at_the_end_anothers_ready_file_stays(tmp_path: Path) -> None:
    """Who wrote it last removes it."""
    ready = tmp_path / "ready.json"

    with announcing(ready) as announce:
        announce({"pid": 1})
        write_ready_file(ready, {"pid": 2})
    assert ready.read_text() == '{"pid": 2}'


def test_a_folder_that_is_missing_is_reported_where_it_is_used(tmp_path: Path) -> None:
    """`listen` writes its file the same way."""
    with pytest.raises(OptionError, match="--ready-file"), announcing(tmp_path / "nope" / "x.json"):
        raise AssertionError("the block is not entered")


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_the_base_url_to_paste_is_the_one_of_the_ready_file(provider: str) -> None:
    """The origin alone, as everywhere else."""
    lines = load_contract(provider).root["client"]["lines"]

    assert lines[0] == 'base_url = "{url}"'


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--public-url", "mock"], "--public-url: 'mock' is not valid. Valid: http://HOST"),
        (["--public-url", "nobody=http://mock"], "--public-url: 'nobody' is not valid. Valid: encore."),
        (["--cors", "localhost"], "--cors: 'localhost' is not valid. Valid: *, http://localhost:5173"),
        (["--max-body", "big"], "'big' is not a size. Write bytes, or a number with K, M or G, as 64M."),
        (["--max-body", "0"], "'0' is not a size."),
        (["--keep-alive", "0"], "0 is not in the range x>=1."),
        (["--ca", "/dev/null"], "--ca: '/dev/null' is not valid. It must have certificates in PEM form"),
        (["--webhook-secret", " "], "Invalid value for '--webhook-secret': It is blank."),
    ],
)
def test_an_option_that_cannot_be_is_reported(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what can, and nothing is served."""
    assert says in " ".join(output_of(capsys, "--port", "0", *arguments).split())


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("1000", 1000), ("64K", 65536), ("32m", 2**25), ("1GiB", 2**30), ("2MB", 2**21)]
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    """In bytes, or with a unit of 1024."""
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, ""),
        ("the secret of this test", "webhook secret the …"),
        ("runflow=short", "webhook secret …"),
        ("generate", "webhook secret whsec_"),
    ],
)
def test_the_introduction_says_what_signs_webhooks(given: str | None, shown: str) -> None:
    """Whole where it was made for this run, masked where it was given; nothing where nothing is fixed."""
    server = Server(Options(("runflow", "aimlapi"), webhook_secret=given))
    server.close()
    output = introduction(server.server, listed="", secrets=server.secrets)

    assert (shown in output) if shown else ("webhook secret" not in output)
    assert "the secret of this test" not in output
    assert output.count("webhook secret") == (given is not None)


def test_the_introduction_says_where_results_are_reported() -> None:
    """Where that is not the address itself."""
    server = Server(Options(("runflow", "aimlapi"), public_urls={"runflow": "https://mock.test"}))
    server.close()

    output = introduction(server.server, listed="")

    assert output.count("results at") == 1
    assert "results at https://mock.test\n" in output
