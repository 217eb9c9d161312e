"""What has been done of a screening, on disk: after an interruption the rest is done and nothing twice."""

from __future__ import annotations

import glob
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hemml.active.space.numbers import rank_array
from hemml.errors import InputError
from hemml.files import atomic_write_bytes
from hemml.screening.done import Done
from hemml.screening.found import Found
from hemml.screening.job import Job
from hemml.screening.rows import Rows

FORMAT: Final = 1
SUFFIX: Final = ".checkpoint"
_ABOUT: Final = "about"
_DIGEST: Final = hashlib.sha256().digest_size
_PARTS: Final = ("best", "front")
_NAMES: Final = {
    "hemml": "another version of hemml",
    "space_sha256": "another space",
    "models": "other bundles",
    "settings": "other settings",
    "chunk_ranks": "another version of hemml",
}


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint file of a screening.

    Attributes:
        path: Where it is.
        job: The screening that it must belong to.
    """

    path: Path
    job: Job

    @classmethod
    def beside(cls, output: Path, job: Job) -> Checkpoint:
        """The checkpoint that belongs to an output file."""
        return cls(output.with_name(output.name + SUFFIX), job)

    def write(self, done: Done, found: Found) -> None:
        """Replace the file; it holds the old state or all of the new one.

        Raises:
            InputError: It cannot be written; the old one is left as it was.
        """
        about = {
            "format": FORMAT,
            "identity": self.job.identity,
            "done": done.intervals,
            "counts": [found.looked_at, found.feasible, found.kept],
            "names": list(found.best.names),
        }
        arrays: dict[str, Any] = {_ABOUT: np.array(json.dumps(about))}
        for part, rows in zip(_PARTS, (found.best, found.front), strict=True):
            # Ranks beyond 64 bits are Python's own integers, which only a text stores without running code.
            arrays[f"{part}_ranks"] = rows.ranks.astype(np.str_) if rows.ranks.dtype == object else rows.ranks
            arrays[f"{part}_values"] = rows.values
        stream = io.BytesIO()
        np.savez(stream, **arrays)
        data = stream.getvalue()
        try:
            atomic_write_bytes(self.path, hashlib.sha256(data).digest() + data)
        except OSError as err:
            raise InputError(
                f"checkpoint {self.path}: must be writable, got: {err}; free space, then go on with --resume"
            ) from err

    def read(self) -> tuple[Done, Found]:
        """What was done and found.

        Raises:
            InputError: There is none, it is damaged, or it belongs to another space, other bundles, settings or hemml.
        """
        try:
            data = self.path.read_bytes()
            # an archive of numpy checks only parts of itself, and fails in many ways
            if data[:_DIGEST] != hashlib.sha256(data[_DIGEST:]).digest():
                raise InputError(
                    f"checkpoint {self.path}: must be what hemml wrote, got a damaged or foreign file; delete it and "
                    "begin anew"
                )
            with np.load(io.BytesIO(data[_DIGEST:]), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            about = json.loads(str(arrays[_ABOUT]))
            if about["format"] != FORMAT:
                raise InputError(
                    f"checkpoint {self.path}: format must be {FORMAT}, got {about['format']!r}; use the hemml that "
                    "wrote it, or begin anew without --resume"
                )
            self._check(about["identity"])
            names = tuple(about["names"])
            best, front = (
                Rows(rank_array(arrays[f"{part}_ranks"].tolist(), self.job.space.size), names, arrays[f"{part}_values"])
                for part in _PARTS
            )
            looked_at, feasible, kept = (int(count) for count in about["counts"])
            done = Done(tuple((int(start), int(end)) for start, end in about["done"]))
            return done, Found(looked_at, feasible, kept, best, front)
        except FileNotFoundError as err:
            raise InputError(f"checkpoint {self.path}: there is none to go on from; leave out --resume") from err
        except (OSError, KeyError, TypeError, ValueError) as err:
            raise InputError(
                f"checkpoint {self.path}: must be what hemml wrote, got: {err!r}; delete it and begin anew"
            ) from err

    def remove(self) -> None:
        """Delete the file, if there is one, and what a killed process left of writing it."""
        for path in (self.path, *self.path.parent.glob(f".{glob.escape(self.path.name)}.*.part")):
            path.unlink(missing_ok=True)

    def _check(self, identity: dict[str, Any]) -> None:
        for key, mine in self.job.identity.items():
            if identity.get(key) != mine:
                raise InputError(
                    f"checkpoint {self.path}: belongs to {_NAMES[key]}{_difference(identity.get(key), mine)}; go on "
                    "with what it was made with, or begin anew without --resume"
                )


def _difference(theirs: Any, mine: Any) -> str:
    """Which value differs, where there is one to show."""
    return f" ({', '.join(_differences(theirs, mine))})"


def _differences(theirs: Any, mine: Any) -> Iterator[str]:
    if isinstance(theirs, dict) and isinstance(mine, dict):
        for key in sorted({*theirs, *mine}):
            if theirs.get(key) != mine.get(key):
                yield f"{key}: {_short(theirs.get(key))}, now {_short(mine.get(key))}"
    else:
        yield f"{_short(theirs)}, now {_short(mine)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 16 else text[:12] + "..."
