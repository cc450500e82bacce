"""Deliveries: listed, inspected, and sent again as each provider would."""

from server.admin.desks import Desk, OpenDesk

from mockreel.webhooks import MemorySender


def test_deliveries_are_listed_and_inspected(desk: Desk, sink: MemorySender) -> None:
    """By job and by how they stand."""
    sink.receiver = lambda out: 500 if "bad" in out.url else 204
    good, bad = desk.submit(tell="http://127.0.0.1:9/good"), desk.submit(tell="http://127.0.0.1:9/bad")
    desk.advance(100)

    listed = desk.get("deliveries")

    assert (listed["count"], {one["subject"] for one in listed["deliveries"]}) == (2, {good, bad})
    (failed,) = desk.get("deliveries?status=failed")["deliveries"]
    assert (failed["subject"], len(failed["attempts"])) == (bad, 3)
    (taken,) = desk.get(f"deliveries?job={good}")["deliveries"]
    whole = desk.get(f"deliveries/encore/{taken['id']}")
    assert (whole["body"]["event"], whole["account"]) == ("job.done", "account-1")
    assert whole["headers"]["Content-Type"] == "application/json"


def test_a_delivery_that_is_not_there_is_not_found(desk: Desk) -> None:
    """To look at and to send again."""
    desk.get("deliveries/encore/x", 404)
    desk.post("deliveries/encore/x/resend", status=404)


def test_a_delivery_is_sent_again(desk: Desk, sink: MemorySender) -> None:
    """The same bytes, one attempt more, kept with the others."""
    desk.submit(tell="http://127.0.0.1:9/hook")
    desk.advance(100)
    (before,) = desk.get("deliveries")["deliveries"]

    again = desk.post(f"deliveries/encore/{before['id']}/resend")
    assert desk.post(f"deliveries/encore/{before['id']}/resend", status=409)["title"] == "Conflict"
    desk.advance(0)

    assert again["status"] == "pending"
    assert sink.sent[0] == sink.sent[1]
    assert [one["number"] for one in desk.get(f"deliveries/encore/{before['id']}")["attempts"]] == [1, 2]


def test_runflow_delivers_a_run_again_with_a_record_of_its_own(open_desk: OpenDesk, sink: MemorySender) -> None:
    """As its own redelivery: not automatic, with the payload from the state now."""
    desk = open_desk("runflow")
    desk.perform("runflow")
    desk.advance(100)
    (first,) = desk.get("deliveries")["deliveries"]

    again = desk.post(f"deliveries/runflow/{first['id']}/resend")
    desk.advance(0)

    assert (first["automatic"], again["automatic"]) == (True, False)
    assert again["id"] != first["id"]
    assert sink.sent[0].body == sink.sent[1].body


def test_runninghub_delivers_an_event_again_under_the_first_record(open_desk: OpenDesk, sink: MemorySender) -> None:
    """As its own retry."""
    desk = open_desk("runninghub")
    desk.perform("runninghub")
    desk.advance(100)
    (first,) = desk.get("deliveries")["deliveries"]

    again = desk.post(f"deliveries/runninghub/{first['id']}/resend")
    desk.advance(0)

    assert again["id"] == f"{first['id']}-1"
    assert len(sink.sent) == 2
