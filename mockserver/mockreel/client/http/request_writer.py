"""Put requests together from the contract's operations: path, query, body and the header for the key."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from mockreel.client.http.json_writer import written
from mockreel.client.http.steps import OutgoingRequest
from mockreel.client.profile import ClientProfile
from mockreel.client.values import JobRequest
from mockreel.contract import Contract, Operation, Place
from mockreel.contract.operations import resolve
from mockreel.contract.pointers import placed
from mockreel.errors import DataError, OptionError


class RequestWriter:
    """Writes the requests of one provider to one address."""

    def __init__(self, contract: Contract, profile: ClientProfile, base_url: str) -> None:
        self._contract = contract
        self._profile = profile
        self._base_url = base_url

    def ask(
        self,
        operation: Operation,
        *,
        what: str,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> OutgoingRequest:
        """A request of an operation; its body is JSON."""
        url = self._base_url + _path(operation, params or {})
        sent = {"accept": "application/json", **(headers or {})}
        content = b""
        if body is not None:
            sent["content-type"] = "application/json"
            content = written(body)
        return OutgoingRequest(
            what, operation.method, f"{url}?{urlencode(query)}" if query else url, sent, content, self._key(operation)
        )

    def about(self, operation: Operation, id_: str, *, what: str) -> OutgoingRequest:
        """A request about a job, with the job's id in its place."""
        place = self._profile.by_id.get(operation.id)
        if place is None:
            raise DataError(
                f"contracts/{self._contract.provider}/conversation.yaml /client/by_id", f"{operation.id!r} is missing"
            )
        there = {place.name: id_}
        return self.ask(
            operation,
            what=what,
            params=there if place.kind == "path" else None,
            query=there if place.kind == "query" else None,
            body=there if place.kind == "body" else None,
        )

    def submit(self, operation: Operation, request: JobRequest, fields: Mapping[str, Any]) -> OutgoingRequest:
        """A request that begins a job; `fields` is the input as the model's schema has it."""
        body = placed(dict(request.extra), operation.input, dict(fields))
        params, headers = dict(request.params), dict[str, str]()
        if operation.model is not None and request.model is not None:
            if operation.model.kind == "body":
                body[operation.model.name] = request.model
            else:
                params[operation.model.name] = request.model
        if request.callback_url is not None:
            body = placed(body, self.callback_place(operation), request.callback_url)
        mark = self._profile.mark
        if mark is not None and request.mark is not None:
            (headers if mark.place.kind == "header" else body)[mark.place.name] = request.mark
        if request.idempotency_key is not None and self._profile.idempotency is not None:
            headers[self._profile.idempotency] = request.idempotency_key
        return self.ask(
            operation, what=f"submit of {request.model or operation.id}", params=params, headers=headers, body=body
        )

    def callback_place(self, operation: Operation) -> str:
        """Where in its body an operation takes a callback URL.

        Raises:
            OptionError: it takes none.
        """
        for row in operation.raw.get("callbacks", {}).values():
            for expression in resolve(self._contract.document, row, where=operation.id):
                return str(expression).strip("{}").partition("#")[2]
        raise OptionError(
            "callback_url", "…", then=f"{self._contract.title} documents no callback for {operation.id}; wait() polls."
        )

    def _key(self, operation: Operation) -> Place | None:
        if not operation.key:
            return None
        header = next((place for place in operation.key if place.kind == "header"), None)
        if header is None:
            raise DataError(
                f"contracts/{self._contract.provider}/openapi.yaml", f"{operation.id} takes no key in a header"
            )
        return header


def _path(operation: Operation, params: Mapping[str, str]) -> str:
    path = operation.path
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        value = params.get(name)
        if not value:
            raise OptionError(name, value, then=f"{operation.id} needs it: give params={{{name!r}: …}}, or a model.")
        if any(step in ("", ".", "..") for step in value.split("/")):
            raise OptionError(name, value, then="It is a part of the path, and may not lead elsewhere.")
        path = path.replace(f"{{{name}}}", quote(value, safe="/" if name in operation.many else ""))
    return path
