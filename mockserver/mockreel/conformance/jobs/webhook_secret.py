"""The secret that callbacks are signed with: made for the run, made the one that signs, and taken back at its end."""

from typing import TYPE_CHECKING

from mockreel.contract.exchanges.exchange import Ask, Told, first
from mockreel.simulator.in_process.mock_target import LeftOut

if TYPE_CHECKING:
    from mockreel.conformance.check_context import Scene


class Signing:
    """Asks for a secret where the contract says how; `trouble` says why there is none.

    An account may have others, and only one of them signs: a new secret is made the current one, and removed when the
    run ends, so that an older one signs again.
    """

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene
        self._made: tuple[Ask, Told] | None = None
        self.secret = getattr(scene.target, "secret", None) or ""
        self.trouble = ""
        row = scene.contract.conversation.secret
        if not self.secret and row is not None and scene.target.receiver is not None:
            self._make()

    def _make(self) -> None:
        scene, row = self._scene, self._scene.contract.conversation.secret
        assert row is not None
        good = scene.requests.good(scene.contract.operation(row.operation))
        ask = good if row.body is None else good.with_json(row.body)
        try:
            told = scene.send(ask)
        except LeftOut as reason:
            self.trouble = str(reason)
            return
        self.secret = str(first(told.json, row.at) or "")
        if not self.secret:
            self.trouble = f"{row.operation} gave no secret: {told.shown()[:120]}"
            return
        self._made = ask, told
        self._follow(row.promote, row.promotion)

    def _follow(self, name: str | None, body: object = None) -> None:
        """Ask what a link of the new secret leads to."""
        if name is None or self._made is None:
            return
        scene, (ask, told) = self._scene, self._made
        assert ask.operation is not None
        link = scene.links.find(ask.operation, told, name)
        if link is not None:
            further = scene.links.follow(link, ask, told)
            scene.send(further if body is None else further.with_json(body))

    def close(self) -> None:
        """Remove the secret that was made, so that the account signs as before."""
        row = self._scene.contract.conversation.secret
        if row is not None and self._made is not None and not self._scene.own:
            try:
                self._follow(row.remove)
            except LeftOut:
                self.trouble = f"{row.remove} was not sent"
