"""Which rules are looked for: the usual ones where a document forbids it, all of them, or those that are named."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockreel.contract.evidence.facts import Fact
from mockreel.errors import OptionError
from mockreel.simulator.client_rules.client_rule import Rule

DEFAULT, ALL = "default", "all"


@dataclass(frozen=True, slots=True)
class Selection:
    """Rules by id. `named` are checked wherever a fact of any evidence exists, `usual` where a document has it."""

    usual: frozenset[str]
    named: frozenset[str]

    def holds(self, rule: str, fact: Fact) -> bool:
        """Whether a violation of a rule counts that rests on this fact."""
        return rule in self.named or (rule in self.usual and fact.firm)

    def without(self, rules: Iterable[type[Rule]]) -> "Selection":
        """The same but for these rules."""
        ids = {rule.id for rule in rules}
        return Selection(self.usual - ids, self.named - ids)

    def covers(self, rule: type[Rule]) -> bool:
        """Whether a rule is looked for at all."""
        return rule.id in self.named or rule.id in self.usual


def select(
    rules: Iterable[type[Rule]], *, named: Iterable[str] = (), allow: Iterable[str] = (), source: str = ""
) -> Selection:
    """The rules that are looked for.

    Args:
        named: `default`, `all`, or ids; the usual ones if there is none.
        allow: ids that may be broken.
        source: whose words they are, for the message.

    Raises:
        OptionError: there is no such rule.
    """
    known = {rule.id: rule for rule in rules}
    named_rules, allowed = tuple(named) or (DEFAULT,), tuple(allow)
    for what, names, valid in (("rules", named_rules, [DEFAULT, ALL, *known]), ("allow", allowed, [*known])):
        for name in names:
            if name not in valid:
                raise OptionError(f"{source}{what}", name, valid)
    usual = {id_ for id_, rule in known.items() if rule.usual} if DEFAULT in named_rules else set()
    selected = {*known} if ALL in named_rules else {name for name in named_rules if name in known}
    return Selection(frozenset(usual - {*allowed}), frozenset(selected - {*allowed}))
