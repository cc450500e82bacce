"""Faults: damage on purpose, to replies on their way and to callbacks; which there are, and what each does."""

from understudy.faults.catalogue import catalogue, kind_of
from understudy.faults.fault import NO_FAULTS, Fault, Faults, names, read_fault, read_faults
from understudy.faults.kinds import Kind, Sort
from understudy.faults.parameters import Parameter, Value
from understudy.faults.replies import Step, in_place_of_an_answer, spoilt, steps
from understudy.faults.spread import settled

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
