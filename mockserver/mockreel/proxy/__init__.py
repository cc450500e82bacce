"""A proxy between a program and the real provider: it forwards, checks both sides, and limits spending."""

from mockreel.proxy.proxy_server import Plan, Proxy

__all__ = ["Plan", "Proxy"]
