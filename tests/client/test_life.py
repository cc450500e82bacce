"""A job's life, with each provider and either client."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from support.client_rig import KEY, MODES, PROVIDERS, URL, WORK, rigged

from mockreel import serving
from mockreel.client import Client, DeadlineExceeded, JobCancelled, JobFailed, NotOffered, Progress, Refused
from mockreel.errors import OptionError

every = pytest.mark.parametrize("provider", PROVIDERS)
mode = pytest.mark.parametrize("mode", MODES)


@every
@mode
def test_a_job_is_run_and_what_it_made_is_saved(provider: str, mode: str, tmp_path: Path) -> None:
    """Submit, wait, download: one call each, the same with all."""
    with rigged(provider, mode) as rig:
        client = rig.client()
        outcome = client.run(*WORK[provider])
        saved = client.download(outcome, tmp_path / "clip.mp4")

    assert (outcome.state, outcome.job.provider, outcome.failure) == ("succeeded", provider, None)
    assert outcome.spent is not None
    assert saved.read_bytes()[4:8] == b"ftyp"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


@every
def test_the_same_over_real_sockets(provider: str, tmp_path: Path) -> None:
    """As in a program; time runs fast, without sleeping."""
    with serving(provider, speed=600) as server:
        address = getattr(server, provider)
        with Client(provider, key=address.key, base_url=address.url, sleep=lambda seconds: None) as client:
            outcome = client.run(*WORK[provider], deadline=60)
            assert client.download(outcome.results[0], tmp_path / "clip.mp4").stat().st_size > 1000


@every
@mode
def test_a_wait_tells_how_it_goes(provider: str, mode: str) -> None:
    """Each poll, with what it showed and how long it has been."""
    seen: list[Progress] = []
    with rigged(provider, mode) as rig:
        rig.client().run(*WORK[provider], every=0.5, on_progress=seen.append)

    assert [one.polls for one in seen] == list(range(1, len(seen) + 1))
    assert [one.outcome.state for one in seen][-1] == "succeeded"
    assert {one.outcome.state for one in seen[:-1]} == {"pending"}
    assert [one.seconds for one in seen] == pytest.approx([0.5 * number for number in range(len(seen))])


@every
def test_polls_come_as_often_as_the_docs_say(provider: str) -> None:
    """Unless another interval is set."""
    with rigged(provider) as rig:
        rig.prefer = "scenario=slow"
        rig.client().run(*WORK[provider])

        assert set(rig.pauses) == {rig.client()._core.profile.pace.poll}


@every
@mode
def test_a_wait_is_resumed_from_an_id(provider: str, mode: str) -> None:
    """By another client, in another process, that knows nothing else."""
    with rigged(provider, mode) as rig:
        job = rig.client().submit(*WORK[provider])
        outcome = rig.client().wait(job.id)

    assert outcome.job.id == job.id
    assert outcome.urls


@every
@mode
def test_a_wait_ends_at_its_deadline(provider: str, mode: str) -> None:
    """And the error says how to go on."""
    with rigged(provider, mode) as rig:
        rig.prefer = "scenario=stuck"
        client = rig.client()
        job = client.submit(*WORK[provider])
        began = rig.provider.clock.now()
        with pytest.raises(
            DeadlineExceeded, match=rf"within 40 s; last: it was \w+\..*resume with wait\('{job.id}'\)"
        ) as at:
            client.wait(job, deadline=40)

    assert at.value.job == job
    assert rig.provider.clock.now() - began <= 40


@every
@mode
def test_a_failed_job_is_an_error_with_its_reason(provider: str, mode: str) -> None:
    """The provider's code and words, and the outcome."""
    with rigged(provider, mode) as rig:
        rig.prefer = "scenario=fail"
        with pytest.raises(JobFailed) as at:
            rig.client().run(*WORK[provider])
        expected = rig.provider.contract.failures["default"]

    failure = at.value.outcome.failure
    assert failure is not None
    assert (failure.code, failure.message) == (str(expected.code), expected.message)
    assert expected.message in str(at.value)


@pytest.mark.parametrize("provider", ["runflow", "runninghub"])
@mode
def test_a_job_is_cancelled(provider: str, mode: str) -> None:
    """Where there is such a thing; a wait then says so."""
    with rigged(provider, mode) as rig:
        client = rig.client()
        job = client.submit(*WORK[provider])
        client.cancel(job)
        with pytest.raises(JobCancelled, match=f"{job.id} was cancelled"):
            client.wait(job)


def test_what_is_not_offered_is_an_error() -> None:
    """With what to do instead."""
    with rigged("aimlapi") as rig:
        client = rig.client()
        with pytest.raises(NotOffered, match="documents no cancellation"):
            client.cancel("some-id")
        with pytest.raises(NotOffered, match=r"documents no callback.*wait\(\)"):
            client.callback(b"{}", {})
        with pytest.raises(OptionError, match=r"documents no callback for submit_generation; wait\(\) polls"):
            client.submit(*WORK["aimlapi"], callback_url="http://127.0.0.1:9/hook")
        with pytest.raises(NotOffered, match=r"price\(\)"):
            client.quote(*WORK["aimlapi"])

        assert rig.sent == []


def test_an_admins_key_is_needed_where_the_docs_say_so() -> None:
    """The error response is raised."""
    with rigged("runflow") as rig:
        client = rig.client(key="rf_live_member")
        with pytest.raises(Refused, match="PERMISSION_DENIED"):
            client.cancel(client.submit(*WORK["runflow"]))


@every
@mode
def test_a_price_is_known_beforehand_without_a_request(provider: str, mode: str) -> None:
    """By the contract's prices, with their certainty."""
    expected = {"runflow": ("at least", "0.18"), "aimlapi": ("unknown", "None"), "runninghub": ("exact", "1.89")}
    with rigged(provider, mode) as rig:
        cost = rig.client().price(*WORK[provider])

        assert rig.sent == []
    assert (cost.certainty, str(cost.amount and cost.amount.normalize())) == expected[provider]


@mode
def test_a_provider_with_quotations_is_requested(mode: str) -> None:
    """What it says is what the contract reckons."""
    with rigged("runninghub", mode) as rig:
        client = rig.client()

        assert client.quote(*WORK["runninghub"]) == client.price(*WORK["runninghub"])


def test_a_model_that_is_not_held_has_no_price_and_the_nearest_are_named() -> None:
    """A submit of it is left for the provider to reject."""
    with rigged("runflow") as rig, pytest.raises(OptionError, match=r"'google/veo3.1/lita'.*google/veo3.1/lite"):
        rig.client().price("google/veo3.1/lita", {})


@mode
def test_older_routes_have_the_same_shape(mode: str) -> None:
    """Tasks of an old API show their results apart; another old route gives its id under another key."""
    with rigged("runninghub", mode) as rig:
        client = rig.client()
        body = {
            "workflowId": "1850925505116598274",
            "nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "x"}],
        }
        job = client.submit(None, body, via="start_workflow")
        outcome = client.wait(client.job(job.id, sort="old-task"))
        rig.prefer = "scenario=fail"
        with pytest.raises(JobFailed, match="805"):
            client.run(None, body, via="start_workflow")

        assert outcome.urls[0].startswith(URL)

    with rigged("aimlapi", mode) as rig:
        outcome = rig.client().run(None, {"model": "video-01", "prompt": "x"}, via="submit_minimax_generation")

        assert outcome.job.sort == "minimax"
        assert outcome.urls


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"via": "get_run"}, "via: 'get_run' is not valid. Valid: create_run"),
        ({"callback_url": "http://127.0.0.1:9/hook", "mark": "mine", "extra": {"metadata": {"a": 1}}}, None),
    ],
)
def test_options_of_a_submit(options: dict[str, Any], says: str | None) -> None:
    """Options are sent; unsupported ones are rejected before anything is sent."""
    with rigged("runflow") as rig:
        if says is not None:
            with pytest.raises(OptionError, match=says):
                rig.client().submit(*WORK["runflow"], **options)
            return
        job = rig.client().submit(*WORK["runflow"], **options)
        sent = rig.sent[0].content

    assert job.mark == "mine"
    assert all(part in sent for part in (b'"client_ref":"mine"', b'"metadata":{"a":1}', b'"callback_url":'))
    assert KEY["runflow"].encode() not in sent


@every
@pytest.mark.parametrize("scenario", ["succeed", "fail", "slow"])
def test_the_reference_client_breaks_no_client_rule(provider: str, scenario: str) -> None:
    """Of the usual ones, whatever becomes of the job; with every rule, none that could be held against it."""
    from mockreel.simulator.client_rules import violations  # noqa: PLC0415

    with rigged(provider) as rig:
        rig.prefer = f"scenario={scenario}"
        with contextlib.suppress(JobFailed):
            rig.client().run(*WORK[provider])
        found = violations([rig.provider])

    assert [str(one) for one in found] == []
