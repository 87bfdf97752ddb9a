"""`python -m app.cli` is the same as `stackalpha`."""

from app.cli import main

main()
