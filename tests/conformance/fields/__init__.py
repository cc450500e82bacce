"""Every field of every response made wrong in every plain way: which check would notice?"""

from conformance.fields.field_faults import WAYS, Fault, faults, verdicts_on

__all__ = ["WAYS", "Fault", "faults", "verdicts_on"]
