"""Put the score table of the shipped models between the markers of README.md.

Run after `python -m hemml.train --output models/default`; `--check` only tells whether the table is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hemml.files import atomic_write_text

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- score-table:begin -->", "<!-- score-table:end -->"


def updated(readme: str, table: str) -> str:
    """README text with the table between the markers."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table.strip()}\n{END}{after}"


def main() -> int:
    """Write the table, or with `--check` return 1 where it is out of date."""
    path = ROOT / "README.md"
    readme = path.read_text(encoding="utf-8")
    new = updated(readme, (ROOT / "models" / "default" / "scores.md").read_text(encoding="utf-8"))
    if "--check" in sys.argv[1:]:
        return int(new != readme)
    atomic_write_text(path, new)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
