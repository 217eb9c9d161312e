"""The scores in the README are those of the shipped models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models" / "default"


def test_readme_shows_the_table_of_the_shipped_models():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = (MODELS / "scores.md").read_text(encoding="utf-8").strip()
    assert table in readme, "run python tools/update_readme.py"


@pytest.mark.parametrize("folder", sorted(path.parent for path in MODELS.glob("*/metadata.json")), ids=lambda p: p.name)
def test_table_agrees_with_the_metadata_of_each_bundle(folder):
    about = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    table = (MODELS / "scores.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if "| hemml" in line and f"| {about['n_rows']:>4} |" in line]
    assert len(rows) == 1
    assert f"{100 * about['scores']['coverage_90']:.1f} %" in rows[0]
    assert f"{about['scores']['skill']:.2f} (" in rows[0]
    assert about["data_sha256"] == _sha256(ROOT / "datasets" / "hem_electrodes.csv")


def _sha256(path):
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
