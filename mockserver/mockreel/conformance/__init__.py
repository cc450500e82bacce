"""Prove that a server keeps the contract: checks from the contract's data, against the mock server or any base URL."""
