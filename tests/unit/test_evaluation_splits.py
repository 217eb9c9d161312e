import numpy as np
import pandas as pd
import pytest

from hemml.errors import HemmlError
from hemml.evaluation import Fold, assert_disjoint_papers, leave_one_group_out, paper_folds


def table(n_papers: int = 300, seed: int = 0) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 9, n_papers)
    ions = rng.choice(["Na", "Li", "Zn", "Mg", "Al"], n_papers, p=[0.6, 0.28, 0.08, 0.03, 0.01])
    papers = np.repeat([f"10.1/{i}" for i in range(n_papers)], rows)
    return papers.tolist(), np.repeat(ions, rows).tolist()


def test_each_row_is_tested_once_and_papers_stay_together():
    papers, strata = table()
    folds = paper_folds(papers, 5, seed=3, strata=strata)
    assert sorted(np.concatenate([f.test for f in folds])) == list(range(len(papers)))
    fold_of_row = np.empty(len(papers), dtype=int)
    for number, (train, test) in enumerate(folds):
        fold_of_row[test] = number
        assert len(train) + len(test) == len(papers)
    assert pd.Series(fold_of_row).groupby(papers).nunique().max() == 1


def test_folds_have_a_similar_mix_of_strata():
    papers, strata = table()
    pairs = np.array(sorted(set(zip(papers, strata, strict=True))))
    counts = [
        [np.isin(pairs[pairs[:, 1] == ion, 0], np.array(papers)[fold.test]).sum() for ion in ("Na", "Li", "Zn")]
        for fold in paper_folds(papers, 5, strata=strata)
    ]
    assert np.ptp(counts, axis=0).max() <= 1


def test_folds_depend_on_papers_not_on_row_order():
    papers, strata = table()
    order = np.random.default_rng(1).permutation(len(papers))
    plain = paper_folds(papers, 4, seed=5, strata=strata)
    mixed = paper_folds([papers[i] for i in order], 4, seed=5, strata=[strata[i] for i in order])
    assert [{papers[i] for i in f.test} for f in plain] == [{papers[order[i]] for i in f.test} for f in mixed]


def test_seed_decides_the_folds():
    papers, strata = table()
    first, again, other = (paper_folds(papers, 5, seed=s, strata=strata) for s in (0, 0, 1))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.test, b.test) for a, b in zip(first, other, strict=True))


def test_as_many_folds_as_papers_is_leave_one_paper_out():
    folds = paper_folds(["a", "b", "b", "c"], 3, strata=["x", "y", "y", "z"])
    assert sorted(f.test.tolist() for f in folds) == [[0], [1, 2], [3]]


def test_leave_one_ion_out_drops_the_papers_of_the_test_rows_from_training():
    ions = ["Li", "Li", "Na", "Na", "Zn"]
    papers = ["a", "b", "b", "c", "d"]
    folds = leave_one_group_out(ions, papers, min_rows=2)
    assert list(folds) == ["Li", "Na"]
    assert folds["Li"].test.tolist() == [0, 1]
    assert folds["Li"].train.tolist() == [3, 4]  # row 2 is of paper b, which holds a test row
    assert folds["Na"].train.tolist() == [0, 4]


def test_guard_accepts_a_clean_split_and_names_shared_papers():
    papers = ["a", "a", "b", "c"]
    assert_disjoint_papers(papers, Fold(np.array([0, 1]), np.array([2, 3])))
    with pytest.raises(HemmlError, match=r"both sides, got 1 shared \(a\)"):
        assert_disjoint_papers(papers, Fold(np.array([0]), np.array([1, 2])))
