"""The guard: on Linux the kernel stops every call of the program to another machine, in any language.

A stopped call to a provider's host is redirected to the mock server, one to this machine or an allowed host continues,
and any other fails with a message. The guard protects from mistakes, not from malice.
"""

from mockreel.proxy.intercept.guard.address_rules import FIRST, Directory
from mockreel.proxy.intercept.guard.resolver import Resolver
from mockreel.proxy.intercept.guard.seccomp import Unavailable
from mockreel.proxy.intercept.guard.supervisor import Supervisor, supervising

__all__ = ["FIRST", "Directory", "Resolver", "Supervisor", "Unavailable", "supervising"]
