"""The curves of a simulation as a table, one line for each strategy, seed and look at the results."""

from __future__ import annotations

import csv
import io

from hemml.active.simulation.outcomes import TOP_PERCENT
from hemml.active.simulation.result import Result


def curves_table(result: Result) -> str:
    """CSV text with strategy, seed, experiments, hypervolume and, for each objective, the shares of its best found."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    tops = [(objective.quantity, percent) for objective in result.pool.objectives for percent in TOP_PERCENT]
    writer.writerow(["strategy", "seed", "experiments", "hypervolume", *(f"top_{p}_percent_{q}" for q, p in tops)])
    for name, outcome in result.outcomes.items():
        for row, curve in enumerate(outcome.hypervolume):
            seed = result.plan.seeds[row]
            for look, share in enumerate(curve):
                found = (f"{outcome.top[top][row, look]:.10g}" for top in tops)
                writer.writerow([name, seed, int(result.sizes[look]), f"{share:.10g}", *found])
    return buffer.getvalue()
