"""The page on the control port: everything that happens on a mock server, live, and the buttons to direct it.

Templates are Jinja's with autoescape on for all of them: what a client sent is text, wherever it stands.
"""
