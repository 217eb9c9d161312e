"""Intervals of changes cover as promised where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.uncertainty.pair_differences import PairDifferences


def made_up(rng: np.random.Generator, papers: int, noise: float) -> dict[str, object]:
    """Rows of papers with an offset of their own (not predicted) and noise; two to five rows a paper."""
    rows = rng.integers(2, 6, papers)
    paper = np.repeat(np.arange(papers), rows)
    truth = rng.normal(size=len(paper))
    measured = truth + rng.normal(0, 2.0, papers)[paper] + rng.normal(0, noise, len(paper))
    return {
        "measured": measured,
        "predicted": truth,
        "papers": paper.astype(str).tolist(),
        "classes": ["cathode Zn"] * len(paper),
        "samples": np.arange(len(paper)).astype(str).tolist(),
    }


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_intervals_cover_pairs_of_new_papers(level):
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        pairs = PairDifferences.fit(**made_up(rng, 60, 0.3))
        new = np.abs(rng.normal(0, 0.3 * np.sqrt(2), 20))
        covered.append((new <= pairs.half_width(level)).mean())
    # between L and L + 1 / (papers + 1), with the scatter of 6,000 draws
    assert level - 0.02 <= np.mean(covered) <= level + 1 / 61 + 0.02


def test_what_a_paper_does_to_all_its_rows_drops_out():
    rng = np.random.default_rng(1)
    pairs = PairDifferences.fit(**made_up(rng, 400, 0.3))
    assert pairs.one_paper
    assert pairs.half_width(0.9) == pytest.approx(1.645 * 0.3 * np.sqrt(2), rel=0.1)


def test_few_papers_with_pairs_are_replaced_by_wider_differences_of_strangers():
    rng = np.random.default_rng(2)
    few = PairDifferences.fit(**made_up(rng, 19, 0.3))
    many = PairDifferences.fit(**made_up(rng, 200, 0.3))
    assert not few.one_paper
    assert few.half_width(0.9) > 3 * many.half_width(0.9)


def test_chance_of_a_rise_is_the_frequency_of_rises():
    rng = np.random.default_rng(3)
    pairs = PairDifferences.fit(**made_up(rng, 2000, 0.3))
    for change in (-0.5, -0.1, 0.0, 0.2, 0.6):
        rises = change + rng.normal(0, 0.3 * np.sqrt(2), 20000) > 0
        assert float(pairs.chance_of_rise(change)) == pytest.approx(rises.mean(), abs=0.02)


def test_a_paper_counts_once_however_many_rows_it_has():
    rng = np.random.default_rng(4)
    rows = made_up(rng, 30, 0.1)
    rows["predicted"] = np.asarray(rows["measured"])
    large = 100
    wrong = {
        "measured": np.concatenate([rows["measured"], rng.normal(0, 50.0, large)]),
        "predicted": np.concatenate([rows["predicted"], np.zeros(large)]),
        "papers": [*rows["papers"], *["one large paper"] * large],
        "classes": [*rows["classes"], *["cathode Zn"] * large],
        "samples": [*rows["samples"], *[f"n{i}" for i in range(large)]],
    }
    # 4,950 of some 5,000 pairs are bad, but they are one paper of 31.
    assert PairDifferences.fit(**wrong).half_width(0.9) < 1e-9
