"""Contracts that are false in one row each: a server that plays one must be told from an honest server."""

from conformance.mutants.mutant import REASONS, Mutant, mutants, reason_for
from conformance.mutants.trial import Verdict, try_mutant

__all__ = ["REASONS", "Mutant", "Verdict", "mutants", "reason_for", "try_mutant"]
