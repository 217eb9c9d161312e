"""What a screening of 10^10 and of 10^12 candidates takes, from a rate that was measured on one core.

    python benchmarks/cluster_plan.py --rate "all predicted=30000" --rate "most dropped by constraints=200000"

prints a table in Markdown; `--write docs/cluster.md` puts it between the markers of that page. Watts and price
of a core are assumptions, and the table says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hemml.files import atomic_write_text

BEGIN, END = "<!-- plan:begin -->", "<!-- plan:end -->"
CANDIDATES = (10**10, 10**12)
CORES = (64, 1024)


@dataclass(frozen=True)
class Assumptions:
    """What is assumed, not measured.

    Attributes:
        usd_per_core_hour: Price of a core.
        watts_per_core: Power of a busy core with its share of memory, network and cooling.
        efficiency: Share of the rate of one core that is left when all cores of a machine are busy.
    """

    usd_per_core_hour: float = 0.04
    watts_per_core: float = 10.0
    efficiency: float = 0.8


def row(name: str, rate: float, candidates: int, assumed: Assumptions) -> tuple[str, ...]:
    """One line of the table.

    Args:
        name: What was screened when the rate was measured.
        rate: Candidates per second and core.
        candidates: Candidates to screen.
        assumed: Price, power and efficiency.
    """
    core_hours = candidates / (rate * assumed.efficiency) / 3600
    return (
        f"10^{len(str(candidates)) - 1}",
        name,
        f"{rate:,.0f}",
        f"{_figures(core_hours)}",
        *(_duration(core_hours / cores) for cores in CORES),
        f"{_figures(core_hours * assumed.watts_per_core / 1000)}",
        f"{_figures(core_hours * assumed.usd_per_core_hour)}",
    )


def table(rates: Sequence[tuple[str, float]], assumed: Assumptions) -> str:
    """The table in Markdown, with what it rests on."""
    heads = ("candidates", "space", "candidates/s and core", "core hours", *(f"on {n:,} cores" for n in CORES))
    lines = [(*heads, "kWh", "USD"), ("---",) * (len(heads) + 2)]
    lines += [row(name, rate, candidates, assumed) for candidates in CANDIDATES for name, rate in rates]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + (
        f"\n\nRates were measured on one core. Assumed, not measured: {100 * assumed.efficiency:g} % of that rate when "
        f"all cores of a machine are busy, {assumed.watts_per_core:g} W a core with its share of memory and cooling, "
        f"and {assumed.usd_per_core_hour:g} USD per core hour."
    )


def _figures(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.0f}" if value >= 10 else f"{value:.2g}"


def _duration(hours: float) -> str:
    if hours < 2:
        return f"{_figures(hours * 60)} min"
    return f"{_figures(hours)} h" if hours < 48 else f"{_figures(hours / 24)} d"


def _rate(text: str) -> tuple[str, float]:
    name, _, rate = text.rpartition("=")
    if not name or not float(rate) > 0:
        raise argparse.ArgumentTypeError(f"must be NAME=RATE with a rate above zero, got {text!r}")
    return name, float(rate)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print or write the table."""
    assumed = Assumptions()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=_rate, action="append", required=True, metavar="NAME=CANDIDATES_PER_SECOND")
    parser.add_argument("--usd-per-core-hour", type=float, default=assumed.usd_per_core_hour)
    parser.add_argument("--watts-per-core", type=float, default=assumed.watts_per_core)
    parser.add_argument("--efficiency", type=float, default=assumed.efficiency)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    given = parser.parse_args(arguments)
    text = table(given.rate, Assumptions(given.usd_per_core_hour, given.watts_per_core, given.efficiency))
    if given.write is None:
        print(text)
    else:
        before, _, rest = given.write.read_text(encoding="utf-8").partition(BEGIN)
        atomic_write_text(given.write, f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
