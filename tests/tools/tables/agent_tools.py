"""The generated part about the tools of `mockreel mcp`."""

from inspect import getdoc, signature

from mockreel.cli.use.mcp.tools import Tools
from tools.tables.markdown import code, table


def tools() -> str:
    """Every tool: its name, what it does, its arguments; those that may be left out with a `?`."""
    rows = [(code(name), getdoc(getattr(Tools, name)) or "", _arguments(name)) for name in Tools.NAMES]
    return table(("tool", "what it does", "arguments"), rows)


def _arguments(name: str) -> str:
    given = [one for one in signature(getattr(Tools, name)).parameters.values() if one.name != "self"]
    return ", ".join(f"`{one.name}{'' if one.default is one.empty else '?'}`" for one in given)
