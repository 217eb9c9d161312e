"""Start-up of `hemml describe` against `import numpy`, both measured in one run; the aim is 5 times at most."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from importlib.metadata import version

DESCRIBE = ["-m", "hemml", "describe", "(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O", "--json"]


def best_of(arguments: list[str], runs: int = 7) -> float:
    """Shortest wall time of a process, s: other programs only ever add time."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def compare() -> dict[str, object]:
    numpy_s, describe_s = best_of(["-c", "import numpy"]), best_of(DESCRIBE)
    return {
        "benchmark": "start-up of hemml describe",
        "numpy_seconds": round(numpy_s, 3),
        "describe_seconds": round(describe_s, 3),
        "ratio": round(describe_s / numpy_s, 2),
        "versions": {name: version(name) for name in ("hemml", "numpy", "typer")},
        "python": platform.python_version(),
    }


def test_startup_against_numpy() -> None:
    result = compare()
    print(json.dumps(result))
    assert result["describe_seconds"] > 0


if __name__ == "__main__":
    print(json.dumps(compare()))
