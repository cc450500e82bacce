"""The differential checks: what a server answered, beside what two models of its contract answer to the same."""

from mockreel.conformance.checks.differential.model_agreement import CHECKS

__all__ = ["CHECKS"]
