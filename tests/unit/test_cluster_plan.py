"""The plan in docs/cluster.md is computed from measured rates."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

PLAN = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "cluster_plan.py"))


def test_core_hours_time_energy_and_price_follow_from_the_rate():
    assumed = PLAN["Assumptions"](usd_per_core_hour=0.05, watts_per_core=10, efficiency=0.5)
    line = PLAN["row"]("all predicted", 10**10 / 3600 / 64 / 50, 10**10, assumed)  # 3,200 core hours at full rate
    assert line == ("10^10", "all predicted", "868", "6,400", "4.2 d", "6.2 h", "64", "320")


def test_the_table_goes_between_the_markers_of_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{PLAN['BEGIN']}\nold\n{PLAN['END']}\nbehind\n", encoding="utf-8")
    assert PLAN["main"](["--rate", "all predicted=30000", "--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{PLAN['BEGIN']}\n| candidates |")
    assert text.endswith(f"0.04 USD per core hour.\n{PLAN['END']}\nbehind\n")
    assert "old" not in text
    assert text.count("| 10^12 |") == 1


@pytest.mark.parametrize("rate", ["30000", "name=0"])
def test_a_rate_needs_a_name_and_a_value(rate, capsys):
    with pytest.raises(SystemExit):
        PLAN["main"](["--rate", rate])
    assert "must be NAME=RATE" in capsys.readouterr().err
