"""Drift between the contract and recorded exchanges."""
