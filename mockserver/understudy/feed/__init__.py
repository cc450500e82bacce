"""What happens on a stage, as it happens: a numbered list of events that anybody may follow.

Nothing ticks while nobody looks, and a stage that nobody has looked at keeps nothing for it.
"""

from understudy.feed.events import Event, News
from understudy.feed.feed import Feed

__all__ = ["Event", "Feed", "News"]
