"""With what a result was made: package versions and the commit of the checkout."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_PACKAGES: Final = (
    "hemml",
    "matminer",
    "mlflow",
    "numba",
    "numpy",
    "optuna",
    "pandas",
    "pymatgen",
    "scikit-learn",
    "scipy",
    "skops",
    "xgboost",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that shape a result; "not installed" where one is absent."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def git_commit(folder: Path | None = None) -> str | None:
    """Commit of the checkout that hemml runs from, with "+changes" where files differ from it; None outside of one."""
    where = Path(__file__).parent if folder is None else folder
    commit = _git(where, "rev-parse", "HEAD")
    if commit is None:
        return None
    return commit + ("+changes" if _git(where, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
