"""Prove that a server plays the part: checks from the contract's data, against the stand-in or any base URL."""
