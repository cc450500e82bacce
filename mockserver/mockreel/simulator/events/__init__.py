"""What happens on a simulator, as a numbered list of events. Without a reader, nothing is computed or kept for it."""

from mockreel.simulator.events.event import Event, News
from mockreel.simulator.events.event_stream import EventStream

__all__ = ["Event", "EventStream", "News"]
