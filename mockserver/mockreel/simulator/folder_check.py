"""Check a user's data folder as a whole when it is loaded; otherwise errors would show at the first request."""

from mockreel.contract.data.data_files import read_document
from mockreel.contract.loader import Contract
from mockreel.contract.messages.query import Queries


def check_folder(contract: Contract) -> None:
    """See that every schema that a contract's requests are checked against is there, and is one.

    Raises:
        DataError: a file is missing or cannot be read, is no schema, or refers to what is not there.
    """
    schemas = contract.schemas
    read_document(schemas.home / "contracts" / contract.provider / "openapi.json")
    for name in schemas.names():
        schemas.validator(name)
    for model in contract.models.values():
        for name in (model.schema, *model.routes.values()):
            schemas.validator(name)
    queries = Queries(schemas)
    for operation in contract.operations:
        queries.prepare(operation)
