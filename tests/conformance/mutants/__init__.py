"""Contracts that are false in one row each: a server that plays one must be told from an honest server."""

from conformance.mutants.mutant import REASONS, Mutant, mutants, noticed, reason_for

__all__ = ["REASONS", "Mutant", "mutants", "noticed", "reason_for"]
