"""Run any program against the mock unchanged: its calls to the providers' hosts are led here by a proxy of its own.

What the program must honour are the usual proxy and CA variables; for Node and Python a preload leads home what
does not read them.
"""

from mockreel.proxy.intercept.runner import Plan, Ran, run

__all__ = ["Plan", "Ran", "run"]
