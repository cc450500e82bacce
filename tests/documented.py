"""Is a reply what the contract says this operation answers?"""

from typing import Any

import orjson

from understudy.contract import Contract, Operation
from understudy.contract.operations import resolve
from understudy.messages import Reply
from understudy.validation import violations


class Replies:
    """The documented replies of one contract, compiled on first use."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._compiled: dict[tuple[str, str], Any] = {}

    def wrong(self, operation: Operation, reply: Reply) -> list[str]:
        """What the contract does not allow about a reply; empty where it is all right."""
        responses = operation.raw.get("responses", {})
        status = str(reply.status) if str(reply.status) in responses else "default"
        if status not in responses:
            return [f"{operation.id} does not document the status {reply.status}: {reply.body[:200]!r}"]
        response = resolve(self._contract.document, responses[status], where=operation.id)
        content = response.get("content", {})
        if not content:
            return []
        sent = dict(reply.headers).get(b"content-type", b"").decode().partition(";")[0]
        if sent not in content:
            return [f"{operation.id} {reply.status} documents {', '.join(content)}, not {sent!r}"]
        if "json" not in sent:
            return []
        return self._schema_violations(operation, status, content[sent].get("schema", {}), reply)

    def _schema_violations(self, operation: Operation, status: str, schema: Any, reply: Reply) -> list[str]:
        key = (operation.id, status)
        if key not in self._compiled:
            schemas = self._contract.schemas
            self._compiled[key] = schemas.compile(schemas.absolute(schema), where=f"{operation.id} {status}")
        found = violations(self._compiled[key], orjson.loads(reply.body))
        return [f"{operation.id} {reply.status} {one.pointer}: {one.message[:200]}" for one in found]
