"""Run any program unchanged against the mock server: a proxy intercepts its calls to the providers' hosts.

The program must read the usual proxy and CA variables; for Node and Python a preload redirects calls that do not.
"""

from mockreel.proxy.intercept.runner import Plan, RunResult, run

__all__ = ["Plan", "RunResult", "run"]
