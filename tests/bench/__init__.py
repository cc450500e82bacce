"""How fast and how lean the mock server is, measured beside a bare app: `nox -s bench`. Not collected by pytest."""
