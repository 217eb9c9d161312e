"""The report in docs/data.md is the one that `hemml data check` prints for the table there."""

from __future__ import annotations

import re
from pathlib import Path

from hemml.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


def test_report_of_the_faulty_table(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = re.search(r"```csv\n(.*?)```\n\nit says:\n\n```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    Path("my_table.csv").write_text(found[1], encoding="utf-8")
    assert main(["data", "check", "my_table.csv"]) == 2
    assert capsys.readouterr().out == found[2]
