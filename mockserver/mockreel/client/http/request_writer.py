"""Build requests from the contract's operations: path, query, body and the key's header."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from mockreel.client.http.json_writer import to_json
from mockreel.client.http.steps import OutgoingRequest
from mockreel.client.http.whole_text import check_header, check_whole
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

    def request(
        self,
        operation: Operation,
        *,
        what: str,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> OutgoingRequest:
        """A request of an operation, with a JSON body.

        Raises:
            OptionError: a text of it cannot be sent.
        """
        for name, value in (query or {}).items():
            check_whole(name, value)
        for name, value in (headers or {}).items():
            check_header(name, value)
        url = self._base_url + _path(operation, params or {})
        sent = {"accept": "application/json", **(headers or {})}
        content = b""
        if body is not None:
            sent["content-type"] = "application/json"
            content = to_json(body)
        return OutgoingRequest(
            what, operation.method, f"{url}?{urlencode(query)}" if query else url, sent, content, self._key(operation)
        )

    def request_for_job(self, operation: Operation, id_: str, *, what: str) -> OutgoingRequest:
        """A request for a job, with the job's id at its place."""
        place = self._profile.by_id.get(operation.id)
        if place is None:
            raise DataError(
                f"contracts/{self._contract.provider}/conversation.yaml /client/by_id", f"{operation.id!r} is missing"
            )
        job_id = {place.name: id_}
        return self.request(
            operation,
            what=what,
            params=job_id if place.kind == "path" else None,
            query=job_id if place.kind == "query" else None,
            body=job_id if place.kind == "body" else None,
        )

    def submit(self, operation: Operation, request: JobRequest, fields: Mapping[str, Any]) -> OutgoingRequest:
        """A request that submits a job; `fields` is the input in the form of the model's schema."""
        body = placed(dict(request.extra), operation.input, dict(fields))
        params, headers = dict(request.params), dict[str, str]()
        if operation.model is not None and request.model is not None:
            if operation.model.kind == "body":
                body[operation.model.name] = request.model
            else:
                params[operation.model.name] = request.model
        if request.callback_url is not None:
            body = placed(body, self.callback_pointer(operation), request.callback_url)
        mark = self._profile.mark
        if mark is not None and request.mark is not None:
            (headers if mark.place.kind == "header" else body)[mark.place.name] = request.mark
        if request.idempotency_key is not None and self._profile.idempotency is not None:
            headers[self._profile.idempotency] = request.idempotency_key
        return self.request(
            operation, what=f"submit of {request.model or operation.id}", params=params, headers=headers, body=body
        )

    def callback_pointer(self, operation: Operation) -> str:
        """The pointer to the callback URL in an operation's body.

        Raises:
            OptionError: it has none.
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
                f"contracts/{self._contract.provider}/openapi.yaml", f"{operation.id} has no key in a header"
            )
        return header


def _path(operation: Operation, params: Mapping[str, str]) -> str:
    path = operation.path
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        value = params.get(name)
        if not value:
            raise OptionError(name, value, then=f"{operation.id} needs it: give params={{{name!r}: …}}, or a model.")
        check_whole(name, value)
        if any(step in ("", ".", "..") for step in value.split("/")):
            raise OptionError(name, value, then="It is a segment of the path, and must not contain others.")
        path = path.replace(f"{{{name}}}", quote(value, safe="/" if name in operation.many else ""))
    return path
