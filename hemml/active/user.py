"""Who works on a campaign."""

from __future__ import annotations

import getpass


def user() -> str | None:
    """Name of the user, None where the system does not tell."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None
