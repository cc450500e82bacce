"""One HTTP exchange held to the contract: request check, response check, error detection, links."""
