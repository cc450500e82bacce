"""Replay cassettes: against the contract, through the client, beside the mock server."""
