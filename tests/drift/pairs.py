"""Pairs of schemas whose relation is known by thinking, not by running: they decide whether drift is right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Any
BASE = "https://mockreel.invalid/schemas/acme/"


@dataclass(frozen=True)
class Pair:
    """`forward`: the new accepts all that the old does. `backward`: the old accepts all that the new does."""

    name: str
    old: Schema
    new: Schema
    forward: bool
    backward: bool
    old_files: Mapping[str, Schema] = field(default_factory=dict)
    new_files: Mapping[str, Schema] = field(default_factory=dict)


def obj(needed: str = "", /, **fields: Schema) -> dict[str, Any]:
    """An object with these fields, of which those named in `needed` are required."""
    return {"type": "object", "properties": fields, **({"required": needed.split()} if needed else {})}


def enum(*values: Any) -> dict[str, Any]:
    """One of these values."""
    return {"enum": list(values)}


def arr(items: Schema, **more: Any) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": items, **more}


STR: dict[str, Any] = {"type": "string"}
INT: dict[str, Any] = {"type": "integer"}
NUM: dict[str, Any] = {"type": "number"}
BOOL: dict[str, Any] = {"type": "boolean"}
NULL: dict[str, Any] = {"type": "null"}
REF = {"$ref": "part.json"}
WHOLE = {"$ref": "whole.json"}


def pattern(text: str) -> dict[str, Any]:
    """A text that fits."""
    return {"type": "string", "pattern": text}


PAIRS = (
    # values
    Pair("an option goes", enum(4, 6, 8), enum(4, 8), False, True),
    Pair("an option comes", enum("a"), enum("a", "b"), True, False),
    Pair("options are put in another order", enum("a", "b"), enum("b", "a"), True, True),
    Pair("an option is replaced", enum("a", "b"), enum("a", "c"), False, False),
    Pair("an option is spelled otherwise", enum("720p"), enum("720P"), False, False),
    Pair("a list of one is a constant", enum("a"), {"const": "a"}, True, True),
    Pair("numbers become texts", enum(4, 6), enum("4", "6"), False, False),
    Pair("1 and 1.0 are one number", enum(1), enum(1.0), True, True),
    Pair("true is not 1", {"const": True}, {"const": 1}, False, False),
    Pair("any text instead of options", enum("a", "b"), STR, True, False),
    Pair("booleans spelled out", BOOL, enum(True, False), True, True),
    # types
    Pair("integers become numbers", INT, NUM, True, False),
    Pair("null is allowed too", STR, {"type": ["string", "null"]}, True, False),
    Pair("a type becomes a list of one", STR, {"type": ["string"]}, True, True),
    Pair("null by a branch", {"type": ["string", "null"]}, {"anyOf": [STR, NULL]}, True, True),
    Pair("anything becomes text", {}, STR, False, True),
    Pair("nothing is accepted any more", STR, False, False, True),
    Pair("another type altogether", STR, INT, False, False),
    # numbers
    Pair("a lower maximum", {**INT, "maximum": 10}, {**INT, "maximum": 9}, False, True),
    Pair("a lower minimum", {**NUM, "minimum": 1}, {**NUM, "minimum": 0.5}, True, False),
    Pair("the bound itself goes", {**NUM, "maximum": 1}, {**NUM, "exclusiveMaximum": 1}, False, True),
    Pair("integers below 5 are at most 4", {**INT, "exclusiveMaximum": 5}, {**INT, "maximum": 4}, True, True),
    Pair("steps of 2 become steps of 4", {**INT, "multipleOf": 2}, {**INT, "multipleOf": 4}, False, True),
    Pair("steps of 2 and of 3", {**INT, "multipleOf": 2}, {**INT, "multipleOf": 3}, False, False),
    Pair("a range as options", {**INT, "minimum": 1, "maximum": 3}, enum(1, 2, 3), True, True),
    Pair("an integer from a range of numbers", {**NUM, "minimum": 0, "maximum": 1}, enum(0, 1), False, True),
    # texts
    Pair("shorter texts", {**STR, "maxLength": 2000}, {**STR, "maxLength": 1000}, False, True),
    Pair("the empty text goes", STR, {**STR, "minLength": 1}, False, True),
    Pair("an address is asked for", STR, {**STR, "format": "uri"}, False, True),
    Pair("one format for another", {**STR, "format": "date"}, {**STR, "format": "date-time"}, False, False),
    Pair("a pattern is asked for", STR, pattern("^[a-z]+$"), False, True),
    Pair("a pattern takes more", pattern("^a+$"), pattern("^a*$"), True, False),
    Pair("a pattern of digits takes letters", pattern("^[0-9]+$"), pattern("^[0-9a-z]+$"), True, False),
    Pair("a pattern as options", pattern("^(a|b)$"), enum("a", "b"), True, True),
    Pair("options that fit a pattern", enum("4s", "6s"), pattern("^[0-9]+s$"), True, False),
    # fields
    Pair("a field is required now", obj("p", p=STR, s=INT), obj("p s", p=STR, s=INT), False, True),
    Pair("a field need not be there", obj("p", p=STR), obj(p=STR), True, False),
    Pair("a field is narrowed", obj("p", p=STR), obj("p", p={**STR, "maxLength": 5}), False, True),
    Pair("unknown fields are refused", obj(p=STR), {**obj(p=STR), "additionalProperties": False}, False, True),
    Pair(
        "a further field where others are refused",
        {**obj(p=STR), "additionalProperties": False},
        {**obj(p=STR, q=STR), "additionalProperties": False},
        True,
        False,
    ),
    Pair("unknown fields are texts", obj(p=INT), {**obj(p=INT), "additionalProperties": STR}, False, True),
    Pair("a further field among any", obj(p=STR), obj(p=STR, q=INT), False, True),
    Pair("a field under another name", obj("a", a=STR), obj("b", b=STR), False, False),
    Pair("a field inside is required", obj("i", i=obj(p=STR)), obj("i", i=obj("p", p=STR)), False, True),
    Pair("an envelope", obj("p", p=STR), obj("input", input=obj("p", p=STR)), False, False),
    Pair("at most two fields", obj(p=STR), {**obj(p=STR), "maxProperties": 2}, False, True),
    Pair("names of fields are short", obj(), {**obj(), "propertyNames": {"maxLength": 3}}, False, True),
    Pair("fields by pattern", obj(), {**obj(), "patternProperties": {"^n_": INT}}, False, True),
    Pair(
        "one field asks for another",
        obj(a=STR, b=STR),
        {**obj(a=STR, b=STR), "dependentRequired": {"a": ["b"]}},
        False,
        True,
    ),
    Pair("words for people only", obj(p={**STR, "title": "x"}), obj(p={**STR, "description": "y"}), True, True),
    # lists
    Pair("fewer items", arr(STR, maxItems=3), arr(STR, maxItems=2), False, True),
    Pair("an empty list goes", arr(STR), arr(STR, minItems=1), False, True),
    Pair("items of more types", arr(STR), arr({"type": ["string", "integer"]}), True, False),
    Pair("no item twice", arr(STR), arr(STR, uniqueItems=True), False, True),
    Pair("one becomes a list", STR, arr(STR), False, False),
    Pair("one or a list", STR, {"anyOf": [STR, arr(STR)]}, True, False),
    Pair("the first item is fixed", arr(INT), {"type": "array", "items": INT, "prefixItems": [enum(1)]}, False, True),
    Pair("one of the items is 1", arr(INT), arr(INT, contains={"const": 1}), False, True),
    # conditions
    Pair("a branch comes", {"anyOf": [STR]}, {"anyOf": [STR, INT]}, True, False),
    Pair("exactly one of two that overlap", {"anyOf": [INT, NUM]}, {"oneOf": [INT, NUM]}, False, True),
    Pair("exactly one of two that do not", {"anyOf": [STR, INT]}, {"oneOf": [STR, INT]}, True, True),
    Pair(
        "all of two is both at once",
        {"allOf": [obj("a"), obj("b")]},
        {"type": "object", "required": ["a", "b"]},
        True,
        True,
    ),
    Pair(
        "4k only for eight seconds",
        obj(size=enum("720p", "4k"), length=enum(4, 8)),
        {
            **obj(size=enum("720p", "4k"), length=enum(4, 8)),
            "if": {"properties": {"size": {"const": "4k"}}, "required": ["size"]},
            "then": {"properties": {"length": {"const": 8}}},
        },
        False,
        True,
    ),
    Pair("one value is excluded", STR, {**STR, "not": {"const": "x"}}, False, True),
    Pair("a condition that always holds", STR, {**STR, "not": {"type": "integer"}}, True, True),
    Pair(
        "what no branch names is refused",
        {"allOf": [obj(a=STR)]},
        {"allOf": [obj(a=STR)], "unevaluatedProperties": False},
        False,
        True,
    ),
    # across files
    Pair("a part in its own file", obj(e=enum("a")), obj(e=REF), True, True, {}, {"part.json": enum("a")}),
    Pair(
        "an option in another file",
        obj(e=REF),
        obj(e=REF),
        True,
        False,
        {"part.json": enum("a")},
        {"part.json": enum("a", "b")},
    ),
    Pair("the same files", obj(e=REF), obj(e=REF), True, True, {"part.json": enum("a")}, {"part.json": enum("a")}),
    Pair("a root that is another file", REF, REF, False, True, {"part.json": STR}, {"part.json": pattern("^[a-z]+$")}),
    Pair(
        "two files away",
        WHOLE,
        WHOLE,
        False,
        True,
        {"whole.json": arr(REF), "part.json": obj("id", id=STR)},
        {"whole.json": arr(REF), "part.json": obj("id at", id=STR, at=STR)},
    ),
    Pair(
        "a place inside another file",
        {"$ref": "part.json#/$defs/x"},
        {"$ref": "part.json#/$defs/x"},
        True,
        False,
        {"part.json": {"$defs": {"x": INT}}},
        {"part.json": {"$defs": {"x": NUM}}},
    ),
    Pair(
        "a place in the schema itself",
        {"$ref": "#/$defs/x", "$defs": {"x": INT}},
        {"$ref": "#/$defs/y", "$defs": {"y": INT}},
        True,
        True,
    ),
    Pair(
        "a tree of texts",
        obj(v=STR, k=arr({"$ref": "#"})),
        obj(v={**STR, "maxLength": 3}, k=arr({"$ref": "#"})),
        False,
        True,
    ),
    Pair(
        "a list that refers to itself in another file",
        REF,
        REF,
        True,
        False,
        {"part.json": obj("v", v=STR, next={"$ref": "part.json"})},
        {"part.json": obj(v=STR, next={"$ref": "part.json"})},
    ),
    Pair(
        "an error that gains a field among others that are refused",
        {**obj("error", error=REF), "additionalProperties": False},
        {**obj("error", error=REF), "additionalProperties": False},
        True,
        False,
        {"part.json": {**obj("code", code=INT), "additionalProperties": False}},
        {"part.json": {**obj("code", code=INT, text=STR), "additionalProperties": False}},
    ),
)
