"""Proposals as one JSON document, exact both ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hemml.active.proposal import Proposal
from hemml.errors import InputError
from hemml.files import atomic_write_text

FORMAT: Final = 1


def json_text(proposals: Sequence[Proposal]) -> str:
    """The document as text."""
    document = {"format": FORMAT, "proposals": [one.to_json() for one in proposals]}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def write_json(path: Path | str, proposals: Sequence[Proposal]) -> None:
    """Write `json_text`; the file holds the old document or all of the new one.

    Raises:
        OSError: The file cannot be written.
    """
    atomic_write_text(path, json_text(proposals))


def read_json(path: Path | str) -> tuple[Proposal, ...]:
    """Read what `write_json` wrote.

    Raises:
        InputError: The file is no such document, or of a later format.
        OSError: It cannot be read.
    """
    owner = f"proposals {str(path)!r}"
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as err:
        raise InputError(f"{owner}: must be a JSON document, got {err}; export it again") from err
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise InputError(f"{owner}: format must be {FORMAT}, got {found!r}; read it with the version that wrote it")
    if not isinstance(document.get("proposals"), list):
        raise InputError(f"{owner}: must hold a list of proposals, got none; export it again")
    return tuple(
        Proposal.from_json(one, f"{owner}, proposal {place}")
        for place, one in enumerate(document["proposals"], start=1)
    )
