"""No command's message repeats the login of a URL that it was given."""

import pytest

from mockreel.cli import main

PASSWORD = "T0p-secret-pass"
REFUSED = f"http://me:{PASSWORD}@127.0.0.1:1"
WRONG = f"ftp://me:{PASSWORD}@host.example/x?token={PASSWORD}"
COMMANDS = (
    *(["check", f"http://me:{PASSWORD}@example.com/x", "--provider", "runflow"], ["check", WRONG]),
    *(["control", "--url", WRONG, "jobs", "list"], ["control", "--url", REFUSED, "jobs", "list"]),
    *(["wait", "--url", REFUSED, "--timeout", "0.1"], ["wait", "--url", WRONG, "--timeout", "0.1"]),
    *(["serve", "--public-url", WRONG, "--port", "0"], ["serve", "--allow-callback", WRONG, "--port", "0"]),
    *(["proxy", "--upstream", WRONG, "--provider", "runflow"], ["serve", "--state", f"redis://me:{PASSWORD}@h:x/0"]),
    *(["trigger", "runflow", WRONG], ["listen", "--forward-to", WRONG], [WRONG], ["serve", WRONG]),
    *(["trigger", "aimlapi", "completed", "--to", WRONG], ["check", "--handler", WRONG, "--provider", "aimlapi"]),
    *(["check", "--handler", REFUSED, "--provider", "aimlapi"], ["replay", WRONG], ["serve", "--keys", WRONG]),
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words).replace(PASSWORD, "…"))
def test_no_message_has_the_login_of_a_url(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the URL is no URL, none of those that are valid, or nobody answers there."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    shown = capsys.readouterr()

    assert ended.value.code != 0
    assert PASSWORD not in shown.out + shown.err
    assert shown.err + shown.out


KEY = "rf_live_9fQ2xLw7ZpT4mVb1"


@pytest.mark.parametrize(
    "words",
    [
        [KEY],
        ["serve", KEY],
        ["serve", "--provider", KEY],
        ["models", "show", KEY],
        ["record", KEY],
        ["trigger", "runflow", KEY],
        ["replay", KEY],
        ["run", "--rules", KEY, "--", "true"],
        ["proxy", "--provider", KEY],
        ["control", "rules", "add", "--nth", KEY],
        ["serve", "--port", KEY],
        ["serve", "--reading", KEY],
        ["wait", "--ready-file", KEY, "--timeout", "0.1"],
    ],
    ids=lambda words: " ".join(words).replace(KEY, "KEY"),
)
def test_no_message_repeats_a_key_in_the_wrong_place(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What stands on the command line would stand in the log of CI."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    shown = capsys.readouterr()

    assert ended.value.code != 0
    assert KEY not in shown.out + shown.err
    assert shown.err + shown.out
