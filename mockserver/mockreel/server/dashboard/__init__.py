"""The page on the control port: live events of a mock server, and the buttons to control it.

All templates are Jinja's with autoescape on: what a client sent is always text.
"""
