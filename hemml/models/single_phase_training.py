"""Training of the single-phase model: honest scores by element set beside the textbook rules, then the fit on all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.evaluation import assert_disjoint_papers
from hemml.features import FeatureSet
from hemml.models.single_phase import SinglePhase
from hemml.models.single_phase_columns import ALLOY, IONIC, columns_of
from hemml.models.single_phase_config import KindConfig, SinglePhaseConfig
from hemml.models.single_phase_fit import element_set_folds, fit_kind, rule_rates
from hemml.models.single_phase_kind import KindModel
from hemml.models.single_phase_scores import BASE_RATE, has_skill, reliability, score_table
from hemml.models.single_phase_table import Syntheses
from hemml.provenance import versions

SOURCES: Final = {
    IONIC: "compositions collected in J. Compos. Sci. 2021, 5, 311, doi 10.3390/jcs5120311",
    ALLOY: "Z. Pei et al., npj Comput. Mater. 2020, 6, 50, doi 10.1038/s41524-020-0308-7",
}
HEMML: Final = "hemml"
HIGH_ENTROPY: Final = "4 or more elements"
ALL: Final = "all"
_MIXED_ELEMENTS: Final = 4
_MAX_MISMATCH_PCT: Final = 6.6
_MIN_OMEGA: Final = 1.1
_MIN_ENTROPY_R: Final = 1.5


def train_single_phase(
    oxides: Syntheses, alloys: Syntheses, config: SinglePhaseConfig, step: Callable[[str], None] = lambda _: None
) -> SinglePhase:
    """Judge the model on element sets that were kept out and fit it on all syntheses.

    Args:
        oxides: Syntheses of oxides.
        alloys: Syntheses of alloys.
        config: How to learn.
        step: Told the name of each step as it begins.
    """
    models: dict[str, KindModel] = {}
    about: dict[str, Any] = {}
    for kind, syntheses, settings in ((IONIC, oxides, config.oxides), (ALLOY, alloys, config.alloys)):
        values = columns_of(syntheses.batch, tuple(settings.columns))
        scores = _judge(kind, syntheses, values, settings, config, step)
        step(f"{kind}: fit on all syntheses")
        model, losses = fit_kind(values, syntheses.single, syntheses.groups, settings, config)
        models[kind] = replace(model, base_rate=settings.base_rate or model.table_rate)
        about[kind] = {
            "source": SOURCES[kind],
            "table": syntheses.table,
            "table_sha256": syntheses.sha256,
            "n_rows": len(syntheses),
            "n_single": int(syntheses.single.sum()),
            "n_element_sets": len(set(syntheses.groups.tolist())),
            "left_out_lines": sorted(syntheses.left_out),
            "learner": "logistic" if model.booster is None else "boosting",
            "learner_log_loss": losses,
            **scores,
        }
    metadata = {"tables": about, "config": config.model_dump(mode="json"), "versions": versions()}
    return SinglePhase(models, config.beyond_oxides, config.own_work.scales(), metadata)


def _judge(
    kind: str,
    syntheses: Syntheses,
    values: FloatArray,
    settings: KindConfig,
    config: SinglePhaseConfig,
    step: Callable[[str], None],
) -> dict[str, Any]:
    single, groups = syntheses.single, syntheses.groups
    rules, few = _rules(kind, syntheses), _few_elements(kind, syntheses)
    folds = element_set_folds(groups, single, config.folds, config.seed)
    predicted = {name: np.empty(len(single)) for name in (HEMML, BASE_RATE, *rules)}
    before, after = np.zeros(len(single)), np.zeros(len(single))
    for k, (train, test) in enumerate(folds):
        assert_disjoint_papers(groups, folds[k])
        step(f"{kind}: fold {k + 1} of {len(folds)}")
        model, _ = fit_kind(values[train], single[train], groups[train], settings, config)
        fitted = SinglePhase({kind: model}, 1.0, config.own_work.scales(), {})
        predicted[HEMML][test] = fitted.probability(syntheses.batch[test])
        for name, answers in {BASE_RATE: few, **rules}.items():
            predicted[name][test] = rule_rates(answers[train], single[train], answers[test])
        own, rest = _own_and_rest(syntheses, test, config.seed)
        before[rest] = predicted[HEMML][rest]
        updated = fitted.updated(syntheses.batch[own], single[own])
        after[rest] = updated.probability(syntheses.batch[rest])
    subsets = {ALL: np.ones(len(single), dtype=bool)} | ({HIGH_ENTROPY: few == 0} if kind == ALLOY else {})
    # Without both outcomes there is nothing to tell apart.
    subsets = {name: rows for name, rows in subsets.items() if 0 < single[rows].sum() < rows.sum()}
    scores = {name: _scores(syntheses, predicted, rows, config) for name, rows in subsets.items()}
    judged = before > 0
    both = bool(0 < single[judged].sum() < judged.sum())
    own_work = {BASE_RATE: predicted[BASE_RATE], "tables alone": before, "with own outcomes": after}
    return {
        "scores": scores,
        "has_skill": {name: has_skill(found[HEMML]) for name, found in scores.items()},
        "reliability": {name: reliability(single[rows], predicted[HEMML][rows]) for name, rows in subsets.items()},
        "own_outcomes": _scores(syntheses, own_work, judged, config) if both else {},
    }


def _scores(
    syntheses: Syntheses, predicted: Mapping[str, FloatArray], rows: BoolArray, config: SinglePhaseConfig
) -> dict[str, dict[str, Any]]:
    chosen = {name: values[rows] for name, values in predicted.items()}
    table = score_table(
        syntheses.single[rows], chosen, syntheses.groups[rows], resamples=config.bootstrap, seed=config.seed
    )
    for found in table.values():
        found["n"] = int(rows.sum())
        found["n_single"] = int(syntheses.single[rows].sum())
    return table


def _rules(kind: str, syntheses: Syntheses) -> dict[str, IntArray]:
    """What textbook rules answer, (n,) each."""
    names = ("radius_mismatch_pct", "omega", "S_config_cation_R")
    mismatch, omega, entropy = FeatureSet.default(names).compute(syntheses.batch).T
    close = (mismatch < _MAX_MISMATCH_PCT).astype(np.int64)
    few = 2 * _few_elements(kind, syntheses)
    if kind == IONIC:
        mixed = (entropy >= _MIN_ENTROPY_R).astype(np.int64)
        return {"mismatch < 6.6 %": close, "S_config >= 1.5 R": mixed, "both": close * mixed}
    # Without a mixing enthalpy omega is infinite.
    solution = (np.nan_to_num(omega, nan=np.inf) > _MIN_OMEGA).astype(np.int64)
    return {"mismatch < 6.6 %": close + few, "omega > 1.1": solution + few, "both": close * solution + few}


def _few_elements(kind: str, syntheses: Syntheses) -> IntArray:
    """1 for alloys of fewer than 4 elements, (n,)."""
    if kind == IONIC:
        return np.zeros(len(syntheses), dtype=np.int64)
    return np.asarray((syntheses.batch.alloy > 0).sum(axis=1) < _MIXED_ELEMENTS, dtype=np.int64)


def _own_and_rest(syntheses: Syntheses, test: IntArray, seed: int) -> tuple[IntArray, IntArray]:
    """Kept-out rows as a campaign's own outcomes, and others of the same element sets to be judged with them."""
    shuffled = np.random.default_rng(seed).permutation(test)
    own: list[int] = []
    rest: list[int] = []
    for elements in np.unique(syntheses.groups[test]):
        rows = shuffled[syntheses.groups[shuffled] == elements]
        own += rows[: len(rows) // 2].tolist()
        rest += rows[len(rows) // 2 :].tolist() if len(rows) > 1 else []
    return np.array(own, dtype=np.int64), np.array(rest, dtype=np.int64)
