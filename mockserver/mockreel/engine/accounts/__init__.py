"""Accounts, found by key, and the keys file."""
