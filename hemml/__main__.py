"""`python -m hemml`: the same as the command `hemml`."""

from __future__ import annotations

import sys

from hemml.cli import main

if __name__ == "__main__":
    sys.exit(main())
