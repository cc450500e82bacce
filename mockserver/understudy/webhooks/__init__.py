"""Callbacks by hand: one that arrives is checked, shown and handed on; any that a provider sends can be sent."""

from understudy.webhooks.documents import Documented, documented
from understudy.webhooks.happenings import Happening, happening, happenings
from understudy.webhooks.recognising import Heard, Recogniser

__all__ = ["Documented", "Happening", "Heard", "Recogniser", "documented", "happening", "happenings"]
