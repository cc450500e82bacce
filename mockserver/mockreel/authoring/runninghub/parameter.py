"""One parameter of RunningHub's registry as a JSON Schema."""

import json
from collections.abc import Mapping
from typing import Any

from mockreel.authoring.corrections import settle_default
from mockreel.authoring.documented_model import Correction, PageError, number

Changes = tuple[Correction, ...]
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio"}
_NUMBERS = {"INT": "integer", "FLOAT": "number"}
_TYPES = ("STRING", "LIST", "BOOLEAN", *_NUMBERS, *_MEDIA)


def param_schema(param: Any, where: str, *, as_list: bool = False) -> tuple[dict[str, Any], Changes]:
    """The schema of one parameter, and its corrections; `as_list`: it is sent as a list of its options.

    Raises:
        PageError: a key is missing, or its type or value is unknown.
    """
    if not isinstance(param, Mapping) or not isinstance(param.get("required"), bool):
        raise PageError(where, "not a parameter with a boolean `required`", expected="fieldKey, type and required")
    kind = param.get("type")
    at = f"/properties/{param.get('fieldKey')}"
    if kind in _MEDIA:
        return _media(param, at, where)
    if kind == "STRING":
        schema, changes = _string(param, at)
    elif kind == "LIST":
        schema, changes = _list(param, where), ()
    elif kind == "BOOLEAN":
        schema, changes = {"type": "boolean"}, ()
    elif kind in _NUMBERS:
        schema, changes = _number(param, _NUMBERS[kind]), ()
    else:
        raise PageError(f"{where} /type", f"{kind!r} is not known", expected="one of " + ", ".join(_TYPES))
    if "defaultValue" in param:
        schema["default"] = param["defaultValue"]
    settled, more = settle_default(schema, at)
    settled, sent = _as_list(settled, at) if as_list else (settled, ())
    return settled, (*changes, *more, *sent)


def _as_list(schema: Mapping[str, Any], at: str) -> tuple[dict[str, Any], Changes]:
    """The schema of a field that is sent as a list, by the node registry; a single value is still accepted."""
    single = {key: value for key, value in schema.items() if key != "default"}
    default = {"default": schema["default"]} if "default" in schema else {}
    why = "the node registry says that it is sent as a list"
    both = {"anyOf": [single, {"type": "array", "items": single}], **default}
    return both, (Correction(at, single["type"], [single["type"], "array"], why),)


def _string(param: Mapping[str, Any], at: str) -> tuple[dict[str, Any], Changes]:
    schema: dict[str, Any] = {"type": "string"}
    changes: Changes = ()
    if param["required"]:
        schema["minLength"] = 1
        changes = (Correction(f"{at}/minLength", None, 1, "a published reply refuses an empty required text"),)
    if "maxLength" in param:
        schema["maxLength"] = number(param["maxLength"])
    if not param.get("multipleInputs"):
        return schema, changes
    why = "marked as several inputs, and the provider's own client sends one text"
    both = {**schema, "type": ["string", "array"], "items": dict(schema), "maxItems": number(param["maxInputNum"])}
    return both, (*changes, Correction(f"{at}/type", "string", both["type"], why))


def _list(param: Mapping[str, Any], where: str) -> dict[str, Any]:
    """One of several values: numbers if all are, else texts."""
    options = param.get("options")
    values = [option.get("value") if isinstance(option, Mapping) else option for option in options or ()]
    for kind, name in ((str, "string"), (int, "integer")):
        if values and all(isinstance(value, kind) and not isinstance(value, bool) for value in values):
            return {"type": name, "enum": list(dict.fromkeys(values))}
    raise PageError(f"{where} /options", f"{options!r} lists no values", expected="texts, or objects with a value")


def _number(param: Mapping[str, Any], kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": kind}
    for key, keyword in (("min", "minimum"), ("max", "maximum")):
        if key in param:
            schema[keyword] = number(param[key])
    # A step is kept as a note and not checked: whether the provider enforces it is unknown.
    return schema | ({"x-mockreel": {"step": number(param["step"])}} if "step" in param else {})


def _media(param: Mapping[str, Any], at: str, where: str) -> tuple[dict[str, Any], Changes]:
    accepted = {"accept": _accept(param, where)} if "accept" in param else {}
    note: dict[str, Any] = {"media": _MEDIA[param["type"]], **accepted}
    if "maxSize" in param:
        note["max_mb"] = number(param["maxSize"])
    one: dict[str, Any] = {"type": "string", "minLength": 1}
    sample = "defaultValue" in param
    changes = (
        (Correction(f"{at}/default", "an address", None, "a sample file is no fact of the schema"),) if sample else ()
    )
    several = bool(param.get("multipleInputs")) and param.get("maxInputNum", 1) > 1
    plural = param["fieldKey"].endswith("Urls") or param["fieldKey"] == "videos"
    if not several and not plural:
        return {**one, "x-mockreel": note}, changes
    schema = {"type": "array", "items": one, **({"minItems": 1} if param["required"] else {})}
    if "maxInputNum" in param:
        schema["maxItems"] = number(param["maxInputNum"])
    if several:
        return {**schema, "x-mockreel": note}, changes
    why = "marked as one input, and the provider's own client sends a list"
    changes = (*changes, Correction(f"{at}/type", "string", ["string", "array"], why))
    return {**schema, **one, "type": ["string", "array"], "x-mockreel": note}, changes


def _accept(param: Mapping[str, Any], where: str) -> list[str]:
    """The kinds of file, which the registry keeps as JSON in a text."""
    try:
        kinds = json.loads(param["accept"])
    except (TypeError, json.JSONDecodeError) as problem:
        raise PageError(f"{where} /accept", f"{param['accept']!r} is not a list", expected='["JPG","PNG"]') from problem
    return [str(kind) for kind in kinds]
