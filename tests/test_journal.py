"""The journal: the newest exchanges, bounded, without secrets."""

from staging import Caller, MakeStage

from understudy.journal import Entry, Journal
from understudy.validation import Violation


def entry(number: int, *, violations: int = 0) -> Entry:
    broken = Violation(("a",), "type", "1 is no text", None, None)
    return Entry(float(number), "encore", None, "GET", f"/{number}", None, 200, None, (broken,) * violations)


def test_it_counts_every_exchange_and_keeps_the_newest() -> None:
    """Beyond the limit the oldest is forgotten."""
    journal = Journal(limit=3)
    for number in range(5):
        journal.note(entry(number))

    assert journal.count == 5
    assert [one.path for one in journal] == ["/2", "/3", "/4"]
    assert len(journal) == 3


def test_violations_are_bounded_altogether() -> None:
    """The newest exchange is kept whole, whatever it holds."""
    journal = Journal(limit=100, most=10)
    for number in range(5):
        journal.note(entry(number, violations=4))
    assert [one.path for one in journal] == ["/3", "/4"]

    journal.note(entry(9, violations=50))

    assert [len(one.violations) for one in journal] == [50]


def test_an_exchange_is_noted_with_its_violations(encore: Caller) -> None:
    """What was asked, by whom, what was answered, and all that was wrong."""
    encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": "", "seconds": 5}})

    (noted,) = encore.part.journal
    assert noted.shown() == {
        "at": 1_767_225_600.0,
        "provider": "encore",
        "account": "account-1",
        "method": "POST",
        "path": "/v1/jobs",
        "operation": "create_job",
        "status": 422,
        "refusal": "invalid-body",
        "violations": [
            {"path": ["input", "prompt"], "keyword": "minLength", "message": '"" is shorter than 1 character'},
            {"path": ["input", "seconds"], "keyword": "enum", "message": "5 is not one of 4, 6 or 8"},
        ],
    }


def test_no_key_is_in_it_wherever_the_key_was_sent(make_encore: MakeStage) -> None:
    """Not in the path, not in the text of a violation, not in a long one."""
    part = make_encore().part("encore")
    secret = "en_user_" + "s3cret" * 10
    say = Caller(part, None)
    say("POST", "/v1/jobs", {"key": secret, "model": "solo", "input": {"prompt": secret * 100, "seconds": secret}})
    say("POST", "/v1/jobs", {"key": secret, "model": secret, "input": {}})
    say("GET", f"/v1/jobs?key={secret}&limit={secret}")
    say("GET", "/v1/jobs?limit=0", headers={"authorization": f"Bearer {secret}"})

    shown = repr([one.shown() for one in part.journal])

    assert len(part.journal) == 4
    assert "s3cret" not in shown
    assert len(shown) < 5000
