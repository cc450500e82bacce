"""Deliveries: listed, inspected, and sent again as each provider would."""

from server.admin.control_rig import Admin, OpenAdmin

from mockreel.webhooks import MemorySender


def test_deliveries_are_listed_and_inspected(admin: Admin, sink: MemorySender) -> None:
    """By job and by how they stand."""
    sink.receiver = lambda out: 500 if "bad" in out.url else 204
    good, bad = admin.submit(tell="http://127.0.0.1:9/good"), admin.submit(tell="http://127.0.0.1:9/bad")
    admin.advance(100)

    listed = admin.get("deliveries")

    assert (listed["count"], {one["subject"] for one in listed["deliveries"]}) == (2, {good, bad})
    (failed,) = admin.get("deliveries?status=failed")["deliveries"]
    assert (failed["subject"], len(failed["attempts"])) == (bad, 3)
    (taken,) = admin.get(f"deliveries?job={good}")["deliveries"]
    whole = admin.get(f"deliveries/encore/{taken['id']}")
    assert (whole["body"]["event"], whole["account"]) == ("job.done", "account-1")
    assert whole["headers"]["Content-Type"] == "application/json"


def test_a_delivery_that_is_not_there_is_not_found(admin: Admin) -> None:
    """To look at and to send again."""
    admin.get("deliveries/encore/x", 404)
    admin.post("deliveries/encore/x/resend", status=404)


def test_a_delivery_is_sent_again(admin: Admin, sink: MemorySender) -> None:
    """The same bytes, one attempt more, stored with the others."""
    admin.submit(tell="http://127.0.0.1:9/hook")
    admin.advance(100)
    (before,) = admin.get("deliveries")["deliveries"]

    again = admin.post(f"deliveries/encore/{before['id']}/resend")
    assert admin.post(f"deliveries/encore/{before['id']}/resend", status=409)["title"] == "Conflict"
    admin.advance(0)

    assert again["status"] == "pending"
    assert sink.sent[0] == sink.sent[1]
    assert [one["number"] for one in admin.get(f"deliveries/encore/{before['id']}")["attempts"]] == [1, 2]


def test_runflow_delivers_a_run_again_with_a_record_of_its_own(open_admin: OpenAdmin, sink: MemorySender) -> None:
    """As its own redelivery: not automatic, with the payload from the state now."""
    admin = open_admin("runflow")
    admin.perform("runflow")
    admin.advance(100)
    (first,) = admin.get("deliveries")["deliveries"]

    again = admin.post(f"deliveries/runflow/{first['id']}/resend")
    admin.advance(0)

    assert (first["automatic"], again["automatic"]) == (True, False)
    assert again["id"] != first["id"]
    assert sink.sent[0].body == sink.sent[1].body


def test_runninghub_delivers_an_event_again_under_the_first_record(open_admin: OpenAdmin, sink: MemorySender) -> None:
    """As its own retry."""
    admin = open_admin("runninghub")
    admin.perform("runninghub")
    admin.advance(100)
    (first,) = admin.get("deliveries")["deliveries"]

    again = admin.post(f"deliveries/runninghub/{first['id']}/resend")
    admin.advance(0)

    assert again["id"] == f"{first['id']}-1"
    assert len(sink.sent) == 2
