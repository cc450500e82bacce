"""`mockreel cassettes scan`: part of the gate, clean on what is in the repository."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mockreel.cassettes import CassetteUnreadable, cassettes_of
from mockreel.cassettes.recording_rules import read_rules
from mockreel.cassettes.scan import secret_scan
from mockreel.cassettes.scan.secret_scan import scan
from mockreel.cli import group
from mockreel.contract import providers
from mockreel.errors import OptionError

SECRET = "rf_live_9fQ2xLw7ZpT4mVb1"


def command(*paths: Path) -> Result:
    return CliRunner().invoke(group, ["cassettes", "scan", *map(str, paths)])


def written(folder: Path, name: str = "one.yaml", **parts: Any) -> Path:
    """A cassette with something in it."""
    request: dict[str, Any] = {"method": "GET", "uri": "https://api.runflow.io/v1/me", "headers": {}, "body": None}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": "{}"}, **parts}
    document = {"version": 1, "interactions": [{"request": request, "response": response}]}
    path = folder / name
    path.write_text(yaml.safe_dump({**document, "metadata": {"mockreel": {"provider": "runflow"}}}))
    return path


def test_what_is_known_of_a_provider_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again for each of its cassettes."""
    requested: list[str] = []

    def counted(name: str, **options: Any) -> Any:
        requested.append(name)
        return read_rules(name, **options)

    monkeypatch.setattr(secret_scan, "read_rules", counted)
    scan([written(tmp_path, f"{number}.yaml") for number in range(3)])

    assert requested == ["runflow"]


def test_nothing_in_the_repositorys_own_cassettes_looks_like_a_secret() -> None:
    """Part of the gate: every one of them was looked at."""
    seen = scan()

    assert seen.found == ()
    assert all(set(cassettes_of(name)) <= set(seen.files) for name in providers())
    assert command().output == f"Nothing in {len(seen.files)} files looks like a secret.\n"


def test_the_cassettes_are_part_of_the_packaged_data() -> None:
    """Wherever that lies: in a checkout, or in an installed wheel."""
    assert all(cassettes_of(name) for name in ("runflow", "aimlapi", "runninghub"))


def test_a_secret_is_reported_with_its_file_its_place_and_why_and_is_not_shown(tmp_path: Path) -> None:
    """The command ends with 1."""
    path = written(tmp_path, headers={"X-Key": [SECRET]}, body={"string": f'{{"a": {{"token": "Bearer {SECRET}"}}}}'})
    result = command(tmp_path)

    assert result.exit_code == 1
    assert f"{path}: /interactions/0/response/headers/X-Key/0: a key of the provider" in result.output
    assert f"{path}: /interactions/0/response/body/string:/a/token: a bearer token" in result.output
    assert re.search(r"\d places in 1 file: remove the secret and revoke it", result.output)
    assert SECRET not in result.output


def test_a_comment_is_looked_at_too(tmp_path: Path) -> None:
    """No program reads it, and everybody else may."""
    path = written(tmp_path)
    path.write_text(f"# recorded with {SECRET}\n{path.read_text()}")

    assert [(one.place, one.what) for one in scan([path]).found] == [("line 1", "a key of the provider")]


def test_the_ids_of_jobs_are_no_secrets(tmp_path: Path) -> None:
    """Though some are drawn at random: where a field is named for an id, and wherever that id stands again."""
    path = written(tmp_path, body={"string": '{"id": "kQ7_zR2mXw9-TbN4vLs1E", "self": "/x/kQ7_zR2mXw9-TbN4vLs1E"}'})
    other = written(tmp_path, "two.yaml", body={"string": '{"self": "/x/kQ7_zR2mXw9-TbN4vLs1E"}'})

    assert scan([path]).found == ()
    assert len(scan([other]).found) == 2


@pytest.mark.parametrize("name", ["notes.txt", "settings.yaml", "deep/.env"])
def test_any_other_file_is_looked_at_by_its_lines(tmp_path: Path, name: str) -> None:
    """A folder is looked through as a whole."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"first\nkey: {SECRET}\n")

    assert [(one.path.name, one.place) for one in scan([tmp_path]).found] == [(Path(name).name, "line 2")]


@pytest.mark.parametrize(("name", "content"), [("gone.yaml", None), ("broken.yaml", "interactions: [")])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, content: str | None) -> None:
    """Nobody can say what is in it."""
    if content is not None:
        (tmp_path / name).write_text(content)

    with pytest.raises(CassetteUnreadable, match=name):
        scan([tmp_path / name])


@pytest.mark.parametrize("beside", ["", "\x07", "\u200b", "]0;"])
@pytest.mark.parametrize(
    "where",
    [
        {"headers": {"Location": ["https://api.runflow.io/v1/KEY"]}},
        {"headers": {"X-Request-Id": ["KEY"]}},
        {"body": {"string": '{"request_id": "KEY", "etag": "KEY"}'}},
        {"body": {"string": "see https://files.example/a/KEY/clip.mp4"}},
    ],
    ids=["path", "id in a header", "id in a body", "path in a text"],
)
def test_a_key_with_its_prefix_is_found_wherever_it_stands(where: dict[str, Any], beside: str, tmp_path: Path) -> None:
    """In the path of a URL, which otherwise only locates a file, and under the name of an id."""

    def planted(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: planted(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [planted(inner) for inner in value]
        return value.replace("KEY", f"{beside}{SECRET}") if isinstance(value, str) else value

    found = scan([written(tmp_path, **planted(where))]).found

    assert "a key of the provider" in [one.what for one in found]


def test_hex_in_a_path_is_no_key(tmp_path: Path) -> None:
    """A digest, or a folder of a store, has the form of some providers' keys."""
    where = {"Location": ["https://files.example/0123456789abcdef0123456789abcdef/clip.mp4"]}

    assert scan([written(tmp_path, headers=where)]).found == ()


def test_a_folder_without_a_file_was_not_scanned(tmp_path: Path) -> None:
    """A mistyped folder must not look clean."""
    result = command(tmp_path)

    assert isinstance(result.exception, OptionError)
    assert "No file is in it to look at" in str(result.exception)
