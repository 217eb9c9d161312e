"""All that another process needs to take part in a screening, as plain text and the bytes of files."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from hemml import __version__
from hemml.active.space import DesignSpace
from hemml.columns import TARGETS
from hemml.errors import InputError
from hemml.models.bundle import read_metadata
from hemml.models.member_files import METADATA, check_files
from hemml.models.voltage_prior import VoltagePrior
from hemml.screening.estimate import warm_up
from hemml.screening.job import Job
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings


@dataclass(frozen=True)
class Parcel:
    """A screening with its bundles, ready to be sent.

    Attributes:
        space: The space as JSON.
        settings: What is looked for; plain values.
        chunk_ranks: Candidates of a chunk.
        files: Bytes of the files of the bundles, by target and name.
        sha256: Of the screening that must come out.
        hemml: Version of hemml that it was packed with.
        voltage_prior: SHA-256 of the voltage prior there, which comes with hemml and is not sent.
    """

    space: str
    settings: Mapping[str, Any]
    chunk_ranks: int
    files: Mapping[str, Mapping[str, bytes]]
    sha256: str
    hemml: str
    voltage_prior: str

    @classmethod
    def of(cls, job: Job, models: Path) -> Self:
        """Pack a screening.

        Args:
            job: The screening.
            models: Folder of its bundles.

        Raises:
            BundleError: The bundles cannot be read, or are damaged.
        """
        return cls(
            space=job.space.to_json(),
            settings=job.settings.to_json(),
            chunk_ranks=job.chunk_ranks,
            files={target: _files(models / target) for target in TARGETS if target in job.models},
            sha256=job.sha256,
            hemml=__version__,
            voltage_prior=VoltagePrior.load().sha256,
        )

    def open(self, folder: Path, where: str) -> Screener:
        """Unpack, load and lay out the bundles; nothing stays in the folder.

        Args:
            folder: Where files may be put meanwhile.
            where: What messages call this process.

        Raises:
            InputError: Hemml or its voltage prior is another than where it was packed, or the bundles are not those of
                the screening.
        """
        from hemml.models.prediction import Predictor

        require_equal("hemml", self.hemml, __version__, where)
        require_equal("voltage prior", self.voltage_prior, VoltagePrior.load().sha256, where)
        with tempfile.TemporaryDirectory(prefix="hemml-bundles-", dir=folder) as name:
            root = Path(name)
            for target, files in self.files.items():
                (root / target).mkdir()
                for file, data in files.items():
                    (root / target / file).write_bytes(data)
            predictor = Predictor.load(root)  # checks each file by its SHA-256
        job = Job.of(DesignSpace.from_json(self.space), Settings.from_json(dict(self.settings)), predictor)
        job = replace(job, chunk_ranks=self.chunk_ranks)
        require_equal("screening", self.sha256, job.sha256, where)
        screener = Screener.of(job, predictor)
        warm_up(screener)
        return screener


def require_equal(what: str, here: str, there: str, where: str) -> None:
    """Refuse a process that would give other numbers.

    Raises:
        InputError: It differs in what must be equal.
    """
    if here != there:
        raise InputError(
            f"{where}: {what} must be {here} as in the process that began the screening, got {there}; install the same "
            "hemml on all machines and start the scheduler and the workers again"
        )


def _files(folder: Path) -> dict[str, bytes]:
    about = read_metadata(folder)
    check_files(folder, about)
    return {name: (folder / name).read_bytes() for name in (METADATA, *about["files"])}
