"""A provider's conversation as an Arazzo document: submit, poll until done, download; with and without a webhook.

https://spec.openapis.org/arazzo/latest.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mockreel.contract import Contract
from mockreel.contract.conversation.demo_jobs import Act, Exchange, Script
from mockreel.contract.openapi_documents import Documents, chosen_models

# The placeholder for the job's id in the requests of a script.
_ID, _CALLBACK = "{id}", "$callback"
_JOB = "$steps.submit.outputs.id"
# What a poll's result is fetched with: no operation of the provider's, and without its key.
_DOWNLOAD: Mapping[str, Any] = {
    "stepId": "download",
    "x-operation": {"url": "$steps.poll.outputs.url", "method": "GET"},
    "successCriteria": [{"condition": "$statusCode == 200"}],
}
# The most polls of a workflow.
MOST_POLLS = 100


class Arazzo:
    """Builds the document of one provider.

    Args:
        openapi: the address of the provider's OpenAPI document in the document.
        every: seconds between two polls.
        download: whether a last step downloads the result. A result lies at an address of its own, which Arazzo cannot
            call, so the step has it in `x-operation`, an extension that Redocly's runner knows.
    """

    def __init__(
        self, contract: Contract, script: Script, *, openapi: str, every: float, download: bool = True
    ) -> None:
        self._contract = contract
        self._acts = [act for act in script.acts if act.poll is not None and act.id and act.state]
        self._openapi = openapi
        self._every = every
        self._download = download
        models = chosen_models(contract, [act.model for act in self._acts])
        self._paths: Mapping[str, Any] = Documents(contract).full_document(models)["paths"]

    def document(self) -> dict[str, Any]:
        """The document; without workflows if the provider has no documented example with a poll."""
        title, name = self._contract.title, self._contract.provider
        return {
            "arazzo": "1.0.1",
            "info": {"title": f"{title}: submit a job, poll it, and download its result", "version": "1"},
            "sourceDescriptions": [{"name": name, "url": self._openapi, "type": "openapi"}],
            "workflows": [workflow for act in self._acts for workflow in self._workflows(act)],
        }

    def _workflows(self, act: Act) -> Iterator[dict[str, Any]]:
        yield self._workflow(act, webhook=False)
        if act.callback:
            yield self._workflow(act, webhook=True)

    def _workflow(self, act: Act, *, webhook: bool) -> dict[str, Any]:
        inputs = {"key": {"type": "string", "description": "The API key."}}
        last = ", and download its result" if self._download else ""
        summary = f"Submit a job to {act.model}, poll it until it has succeeded{last}."
        steps = [self._submit(act, webhook=webhook), self._poll(act), *([_DOWNLOAD] if self._download else [])]
        if webhook:
            inputs["callback_url"] = {"type": "string", "description": "The URL for the webhook."}
        return {
            "workflowId": _word(f"{act.model}{'-with-webhook' if webhook else ''}"),
            "summary": summary,
            **(self._webhook(act) if webhook else {}),
            "inputs": {"type": "object", "required": list(inputs), "properties": inputs},
            "steps": steps,
            "outputs": {"id": _JOB, "url": "$steps.poll.outputs.url"},
        }

    def _webhook(self, act: Act) -> dict[str, Any]:
        """The description of the webhook: Arazzo 1.0 has no step that receives a request."""
        assert act.poll is not None
        template = self._contract.router.find(urlsplit(act.poll.path).path)
        path = template and template.methods[act.poll.method].id
        webhook = next((one.webhook for one in self._contract.conversation.jobs.values() if one.poll == path), None)
        if webhook is None:
            return {}
        places = {"id": webhook.id, **({"state": webhook.state} if webhook.state else {})}
        words = " and ".join(f"its {name} at `{place}`" for name, place in places.items())
        return {
            "description": f"{self._contract.title} also sends webhooks about the job to `callback_url`, with {words} "
            "of the body. They are requests of its own, which Arazzo 1.0 has no step for: the OpenAPI document has "
            "their bodies under `callbacks` of the submit.",
            "x-webhook": {
                "url": "$inputs.callback_url",
                **{name: f"$request.body#{place}" for name, place in places.items()},
            },
        }

    def _submit(self, act: Act, *, webhook: bool) -> dict[str, Any]:
        body = act.submit.body if webhook else _without_callback(act.submit.body)
        operation, parameters = self._operation(act.submit)
        return {
            "stepId": "submit",
            "operationId": operation["operationId"],
            "parameters": parameters,
            "requestBody": {"contentType": "application/json", "payload": _filled(body)},
            "successCriteria": [{"condition": f"$statusCode == {_success(operation)}"}],
            "outputs": {"id": f"$response.body#{act.id}"},
        }

    def _poll(self, act: Act) -> dict[str, Any]:
        assert act.poll is not None
        operation, parameters = self._operation(act.poll)
        done, pending = self._words("succeeded"), self._words("pending")
        body = {"requestBody": {"contentType": "application/json", "payload": _filled(act.poll.body)}}
        return {
            "stepId": "poll",
            "operationId": operation["operationId"],
            "parameters": parameters,
            **(body if act.poll.body is not None else {}),
            "successCriteria": [
                {"condition": f"$statusCode == {_success(operation)}"},
                {"condition": _either(act.state, done)},
            ],
            "onFailure": [
                {
                    "name": "again",
                    "type": "retry",
                    "retryAfter": self._every,
                    "retryLimit": MOST_POLLS,
                    "criteria": [{"condition": _either(act.state, pending)}],
                }
            ],
            "outputs": {"url": f"$response.body#{act.result}"},
        }

    def _words(self, kind: str) -> list[str]:
        return [state.word for state in self._contract.lifecycle.states.values() if state.kind == kind]

    def _operation(self, exchange: Exchange) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
        """The operation of a request, with the values of its path, its query and its key."""
        parts = urlsplit(exchange.path)
        path, names = self._path(parts.path)
        found: list[dict[str, Any]] = [{"name": "Authorization", "in": "header", "value": "Bearer {$inputs.key}"}]
        found += [{"name": name, "in": "path", "value": _JOB} for name in names]
        found += [{"name": name, "in": "query", "value": _filled(value)} for name, value in parse_qsl(parts.query)]
        operation: Mapping[str, Any] = self._paths[path][exchange.method.lower()]
        return operation, found

    def _path(self, path: str) -> tuple[str, list[str]]:
        """The document's path for a request's path, and the parameters in it that are the job's id."""
        if path in self._paths:
            return path, []
        template = self._contract.router.find(path)
        assert template is not None, path
        names = [name for name, value in template.params.items() if value == _ID]
        return next(iter(template.methods.values())).path, names


def _filled(value: Any) -> Any:
    """A value of a script, with runtime expressions for the job's id and the webhook's URL."""
    if isinstance(value, Mapping):
        return {name: _filled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one) for one in value]
    return {_ID: _JOB, _CALLBACK: "$inputs.callback_url"}.get(value, value) if isinstance(value, str) else value


def _without_callback(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value != _CALLBACK}


def _success(operation: Mapping[str, Any]) -> str:
    """The status of a successful response."""
    statuses: list[str] = [status for status in operation["responses"] if status.startswith("2")]
    return statuses[0]


def _either(pointer: str | None, words: Iterable[str]) -> str:
    return " || ".join(f"$response.body#{pointer} == '{word}'" for word in words)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)
