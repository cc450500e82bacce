"""Faults: damage on purpose, to responses on their way and to callbacks; which there are, and what each does."""

from mockreel.engine.faults.catalogue import catalogue, kind_of
from mockreel.engine.faults.delays import settled
from mockreel.engine.faults.fault import NO_FAULTS, Fault, Faults, names, read_fault, read_faults
from mockreel.engine.faults.fault_kinds import Kind, Sort
from mockreel.engine.faults.fault_parameters import Parameter, Value
from mockreel.engine.faults.response_effects import Step, in_place_of_an_answer, spoilt, steps

__all__ = [
    "NO_FAULTS",
    "Fault",
    "Faults",
    "Kind",
    "Parameter",
    "Sort",
    "Step",
    "Value",
    "catalogue",
    "in_place_of_an_answer",
    "kind_of",
    "names",
    "read_fault",
    "read_faults",
    "settled",
    "spoilt",
    "steps",
]
