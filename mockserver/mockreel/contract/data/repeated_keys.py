"""A key that stands twice in one object of a JSON text: readers of JSON take the last one without a word."""

import json
import re

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}]')


def repeated_key(text: str) -> tuple[str, int] | None:
    """The first key that stands again in its object, and the line where it does; None where each stands once.

    Args:
        text: valid JSON.
    """
    objects: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            objects.append(set())
        elif token[0] == "}":
            objects.pop()
        elif token[2]:
            key: str = json.loads(token[1])
            if key in objects[-1]:
                return key, text.count("\n", 0, token.start()) + 1
            objects[-1].add(key)
    return None
