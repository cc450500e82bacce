"""What should happen to each item of a batch: the engine chooses for requests, and a batch is many runs in one."""

from collections.abc import Mapping
from typing import Any

from understudy.call import Call, Refused
from understudy.contract import Model
from understudy.directions import Wish, check_wish, preferred, refusal
from understudy.lifecycle import Course


def course(call: Call, model: Model, fields: Mapping[str, Any]) -> Course:
    """The course of one item: the request's wish, then the rules, then the key's, then the default.

    Raises:
        Refused: what is wished is a refusal; it is the whole batch's then.
    """
    wish = preferred(call.request.joined(b"prefer")) or _standing(call, model, fields)
    check_wish(call.part.contract, wish)
    row = refusal(call.part.contract, wish)
    if row is not None:
        raise Refused(row.name)
    return call.part.courses.course(wish.scenario, code=wish.code)


def _standing(call: Call, model: Model, fields: Mapping[str, Any]) -> Wish:
    part = call.part
    texts = "\n".join(value for value in fields.values() if isinstance(value, str))
    ruled = part.rules.wish(part.name, model.id, texts) if part.rules.all else None
    own = call.account.scenario
    return ruled or (Wish(own) if own else part.default)
