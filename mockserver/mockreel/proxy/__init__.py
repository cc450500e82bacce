"""A proxy between a program and the real provider: it forwards, holds both sides to the contract, and counts money."""

from mockreel.proxy.proxy_server import Plan, Proxy

__all__ = ["Plan", "Proxy"]
