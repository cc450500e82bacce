"""What happens on a simulator, as it happens: a numbered list of events that anybody may follow.

Nothing ticks while nobody looks, and a simulator that nobody has looked at keeps nothing for it.
"""

from mockreel.simulator.events.event import Event, News
from mockreel.simulator.events.event_stream import EventStream

__all__ = ["Event", "EventStream", "News"]
