"""Prove that a server plays the part: checks from the contract's data, against the mock server or any base URL."""
