"""`python -m cli` is `trellis`."""

from cli.app import main

main()
