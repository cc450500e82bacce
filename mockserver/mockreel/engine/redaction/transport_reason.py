"""Why an exchange failed, in the words of the HTTP library, without what it quotes of the other side's bytes.

A library that cannot read a line shows it (`illegal header line: bytearray(b'Set-Cookie: …')`), and one that cannot
read an address shows its part: either may be a secret.
"""

import re

# With the colon before it, and the `bytearray` around it.
_BYTES = re.compile(r":?\s*(?:bytearray\()?\bb(?P<quote>['\"])(?:\\.|(?!(?P=quote)).)*(?P=quote)\)?", re.DOTALL)
_TEXT = re.compile(r"(?:\s+as|:)?\s*(?P<quote>['\"])(?:\\.|(?!(?P=quote)).)*(?P=quote)", re.DOTALL)


def transport_reason(problem: BaseException) -> str:
    """The reason of a failed exchange: a clause without a full stop; the error's name if it has no words."""
    text = _BYTES.sub("", str(problem))
    if isinstance(problem, ValueError) or type(problem).__name__ == "InvalidURL":
        text = _TEXT.sub("", text)
    return " ".join(text.split()).rstrip(".: ") or type(problem).__name__
