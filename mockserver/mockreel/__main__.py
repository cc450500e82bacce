"""`python -m mockreel`."""

from mockreel.cli import main

main()
