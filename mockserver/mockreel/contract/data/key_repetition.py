"""Find a repeated key of an object in a JSON text; JSON readers silently use the last one."""

import json
import re

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}]')


def repeated_key(text: str) -> tuple[str, int] | None:
    """The first repeated key of an object, and its line; None if there is none.

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
