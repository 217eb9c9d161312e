"""Virtual environments of the peers: outside hemml's own, with pinned packages, made once and kept.

The newest releases of these peers pin old packages, so each has its own environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Each entry is one call of pip install. torch comes first and alone: no other package may then bring another build.
PINS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "crabnet": (
        ("torch==2.13.0",),
        (
            "numpy==2.4.6",
            "pandas==2.3.3",
            "scikit-learn==1.9.1",
            "scipy==1.17.1",
            "matplotlib==3.11.2",
            "seaborn==0.13.2",
            "tqdm==4.70.1",
            "colorama==0.4.6",
            "joblib==1.6.0",
            "psutil==7.2.2",
        ),
        # Its metadata ask for Python below 3.11; it runs on 3.11 as it is.
        ("--no-deps", "--ignore-requires-python", "crabnet==2.0.8"),
    ),
    "modnet": (
        (
            "tensorflow-cpu==2.15.1",
            "numpy==1.26.4",
            "pandas==1.5.3",
            "scikit-learn==1.3.2",
            "scipy==1.11.4",
            "matminer==0.9.2",
            "pymatgen==2023.11.12",
        ),
        # Its metadata ask for the package tensorflow, which is tensorflow-cpu with libraries for graphics cards.
        ("--no-deps", "modnet==0.4.5"),
    ),
    "baybe": (
        ("torch==2.13.0",),
        (
            "numpy==2.4.6",
            "pandas==3.1.1",
            "scikit-learn==1.9.1",
            "scipy==1.17.1",
            "gpytorch==1.15.2",
            "botorch==0.18.1",
            "baybe==0.15.0",
        ),
    ),
}


class InstallError(RuntimeError):
    """A peer could not be installed; the message ends with what pip said."""


def python_of(name: str, root: Path) -> Path:
    """The Python of a peer's environment, which is made if it is not there or was made with other pins.

    Raises:
        InstallError: pip failed.
    """
    folder = root / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "pins.sha256"
    wanted = hashlib.sha256(json.dumps([sys.version, PINS[name]]).encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    if folder.exists():
        shutil.rmtree(folder)
    _run([sys.executable, "-m", "venv", str(folder)])
    for arguments in PINS[name]:
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise InstallError(f"{' '.join(command[2:])} failed on Python {sys.version.split()[0]}: {' '.join(said[-3:])}")
