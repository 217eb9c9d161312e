"""Folders that a command replaces: only what the same command wrote."""

from __future__ import annotations

from pathlib import Path


def check_bundle_folder(output: Path, kind: str) -> None:
    """Refuse to replace anything but a bundle of the same kind.

    Args:
        output: The folder to write.
        kind: What its metadata calls itself, such as "voltage prior".

    Raises:
        InputError: A file, or a folder that holds something else, is in the way.
    """
    import json

    from hemml.errors import InputError
    from hemml.models.member_files import METADATA

    if not output.exists():
        return
    if not output.is_dir():
        raise InputError(f"--output {str(output)!r}: must be a folder, got a file; choose another name")
    if not any(output.iterdir()):
        return
    try:
        found = json.loads((output / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("kind") != kind:
        raise InputError(
            f"--output {str(output)!r}: holds something else than a {kind}, so it is not replaced; "
            "choose another folder, or delete it"
        )
