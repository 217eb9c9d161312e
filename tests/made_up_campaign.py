"""A campaign with made-up numbers: batches, failures, partial results, a correction, a cell outside the proposals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hemml.active.campaign import CampaignSettings
from hemml.active.proposal import Nearest, PredictedValue, Proposal
from hemml.active.proposing import stored
from hemml.active.space import DesignSpace
from hemml.active.store import (
    Accepted,
    CampaignStore,
    Corrected,
    Created,
    Event,
    Failed,
    Measured,
    Skipped,
    Withdrawn,
    columns_to_measure,
)
from hemml.active.synthesis import RecipeSettings, recipe_or_reason

OBJECTIVES = ("capacity_mAh_g:max", "average_voltage_V:max", "retention_pct:at_least:80", "cost_usd_per_kg:min")
TWO = ("capacity_mAh_g:max", "average_voltage_V:max", "retention_pct:at_least:80")
UNITS = {"capacity_mAh_g": "mAh/g", "average_voltage_V": "V", "retention_pct": "%", "energy_density_Wh_kg": "Wh/kg"}
SPACE = {
    "format": 1,
    "title": "Zinc spinels of three metals",
    "working_ion": "Zn",
    "role": "cathode",
    "family": "spinel",
    "sublattices": [
        {"name": "zinc", "kind": "mobile", "elements": ["Zn"], "amount": 1.0},
        {
            "name": "metals",
            "kind": "cation",
            "amount": 2.0,
            "step": 0.1,
            "elements": {"Mn": {"min": 0.3}, "Ni": {}, "Co": {}},
        },
        {"name": "oxygen", "kind": "anion", "fixed": {"O": 4.0}},
    ],
    "conditions": {"capacity_current_mA_g": 100.0, "retention_cycles": 100},
}


def space_of(*objectives: str) -> DesignSpace:
    """The space with some objectives."""
    return DesignSpace.from_json(json.dumps({**SPACE, "objectives": list(objectives)}))


def begun(path: Path, *objectives: str, name: str = "zn_spinel") -> CampaignStore:
    """A campaign without models, open, with its first event."""
    space = space_of(*objectives)
    settings = {**CampaignSettings("none").to_json(), "hashes": {"single_phase": "ab" * 32}}
    conditions = {"working_ion": "Zn", "role": "cathode", "family": "spinel", **SPACE["conditions"]}
    created = Created(name, json.loads(space.to_json()), columns_to_measure(space.objectives), conditions, settings)
    return CampaignStore.create(path, created, who="Ada")


def proposal(
    formula: str, rank: int = 0, *, phase: float = 0.8, why: str = "may improve", **predicted: tuple[float, float]
) -> dict[str, object]:
    """As a campaign keeps it; of each quantity the value and half the width of its 90 % interval."""
    recipe, no_recipe = recipe_or_reason(formula, "spinel", RecipeSettings())
    made = Proposal(
        "new",
        formula,
        rank,
        {name: PredictedValue(v, v - half, v + half, 0.9, UNITS[name]) for name, (v, half) in predicted.items()},
        0.12,
        {"single_phase": phase, "limits_met": 0.7},
        why,
        Nearest("HE0007", "10.1000/zn.spinel", "ZnMn2O4", 0.4),
        recipe=recipe,
        no_recipe=no_recipe,
    )
    return stored(made, "made up")


def formula_of(manganese: int, nickel: int) -> str:
    """Of a spinel with shares in tenths; cobalt is the rest."""
    parts = {"Mn": manganese, "Ni": nickel, "Co": 10 - manganese - nickel}
    inside = "".join(f"{symbol}{share / 10:g}" for symbol, share in parts.items() if share)
    return f"Zn({inside})2O4" if sum(share > 0 for share in parts.values()) > 1 else "ZnMn2O4"


def made_up(path: Path, *objectives: str, name: str = "zn_spinel", note: str = "pressed at 5 MPa") -> Path:
    """Four batches of five with results; returns the path."""
    rng = np.random.default_rng(3)
    shares = [(m, n) for m in range(4, 10) for n in range(10 - m) if m + n < 10]
    rng.shuffle(shares)
    with begun(path, *(objectives or TWO), name=name) as store:
        for batch in range(4):
            chosen = shares[5 * batch : 5 * batch + 5]
            truth = {f"P{5 * batch + place + 1:03d}": _truth(m, n, rng) for place, (m, n) in enumerate(chosen)}
            sizes = {"capacity_mAh_g": 45.0 / (1 + batch / 3), "average_voltage_V": 0.12, "retention_pct": 9.0}
            store.append_proposals(
                lambda _, chosen=chosen, truth=truth, sizes=sizes, batch=batch: [
                    proposal(
                        formula_of(m, n),
                        100 * batch + place,
                        phase=0.6 + 0.05 * place,
                        why=f"expected to add {place + 1} % hypervolume: capacity, voltage and retention as predicted",
                        **{q: (true[q] + sizes[q] * rng.normal(0.1, 0.65), sizes[q]) for q in sizes},
                    )
                    for place, ((m, n), true) in enumerate(zip(chosen, truth.values(), strict=True))
                ],
                who="Ada",
            )
            store.append(_happened(batch, truth, note), who="Grace" if batch % 2 else "Ada")
        if len(store.events()) > 5:
            wrong = next(one.sequence for one in store.events() if isinstance(one.event, Measured))
            store.append([Corrected(wrong, {"capacity_mAh_g": 171.0}, note="active mass was weighed again")], who="Ada")
    return path


def _truth(manganese: int, nickel: int, rng: np.random.Generator) -> dict[str, float]:
    cobalt = 10 - manganese - nickel
    return {
        "capacity_mAh_g": 90 + 22 * manganese - 1.1 * manganese**2 + rng.normal(0, 4),
        "average_voltage_V": 1.15 + 0.04 * nickel + 0.03 * cobalt + rng.normal(0, 0.02),
        "retention_pct": min(98.0, 70 + 3 * cobalt + 2.5 * nickel + rng.normal(0, 3)),
    }


def _happened(batch: int, truth: dict[str, dict[str, float]], note: str) -> list[Event]:
    names = list(truth)
    fast = ("capacity_mAh_g", "average_voltage_V")
    first = {name: {q: round(truth[name][q], 2) for q in fast} for name in names}
    late = {name: {"retention_pct": round(truth[name]["retention_pct"], 1)} for name in names}
    if batch == 3:  # under way
        return [Accepted(names[0]), Measured(names[0], values=first[names[0]]), Accepted(names[1], note)]
    events: list[Event] = [Accepted(name) for name in names[:4]]
    events += [Measured(name, values=first[name], conditions={"sample": "A"}) for name in names[:3]]
    events += [Measured(name, values=late[name]) for name in names[: 3 if batch < 2 else 1]]
    if batch == 0:
        events += [Failed(names[3], "second_phase", "rocksalt NiO, 12 %"), Skipped(names[4], "no cobalt nitrate left")]
    elif batch == 1:
        events += [Failed(names[3], "synthesis", note), Measured(names[4], values=first[names[4]], note=note)]
        events += [
            Measured(
                formula="ZnMn2O4", values={"capacity_mAh_g": 205.0, "average_voltage_V": 1.31}, note="from the shelf"
            )
        ]
    else:
        events += [Failed(names[3], "test", "leak"), Withdrawn("wrong electrode", names[4])]
    return events
