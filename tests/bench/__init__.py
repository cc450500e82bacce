"""How fast and how lean the stand-in is, measured beside a bare app: `nox -s bench`. Not collected by pytest."""
