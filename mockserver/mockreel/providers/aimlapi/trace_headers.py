"""The headers by which a caller traces a request and its cost."""

import re
from collections.abc import Mapping
from typing import Any

from mockreel.contract.data.base_types import HeaderFields
from mockreel.contract.messages.message import Request

Headers = HeaderFields


class Tracing:
    """The names of the headers, and their allowed values.

    Args:
        row: the wire fact `tracing`.
        issued: the form of the provider's ids.
    """

    def __init__(self, row: Mapping[str, Any], *, issued: str) -> None:
        self.credits, self.usd = row["credits"].encode(), row["usd"].encode()
        self.requested, self._allowed = row["asked"].encode(), re.compile(row["allowed"].encode())
        self._inference, self._client = row["inference"].encode(), row["client"].encode()
        self._issued = re.compile(issued)
        names = (self._inference, self._client, self.credits, self.usd)
        self._exposed = (row["expose"].encode(), b", ".join(names))

    def headers(self, request: Request, inference: str | None, *, cost: Headers = ()) -> Headers:
        """The tracing headers of one response; an id that is none of the provider's is left out."""
        found: Headers = ()
        if inference is not None and self._issued.fullmatch(inference):
            found = ((self._inference, inference.encode()),)
        own = request.header(self.requested)
        if own is not None and self._allowed.fullmatch(own):
            found += ((self._client, own),)
        return (*found, *cost, self._exposed)
