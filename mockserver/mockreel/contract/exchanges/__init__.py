"""Check one HTTP exchange against the contract: request, response, errors, links."""
