import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hemml.errors import InputError
from hemml.evaluation import leave_one_group_out, paper_folds

rows = st.lists(
    st.tuples(st.integers(0, 12).map("10.1/{}".format), st.sampled_from(["Li", "Na", "K", "Zn", "NH4"])),
    min_size=1,
    max_size=60,
)


@given(rows, st.integers(2, 6), st.integers(0, 2**31 - 1))
def test_no_paper_on_both_sides_and_no_empty_fold(table, n_splits, seed):
    papers, strata = (list(column) for column in zip(*table, strict=True))
    if len(set(papers)) < n_splits:
        return
    folds = paper_folds(papers, n_splits, seed=seed, strata=strata)
    names = np.array(papers)
    assert len(folds) == n_splits
    for train, test in folds:
        assert len(train)
        assert len(test)
        assert not set(names[train]) & set(names[test])
    assert sorted(np.concatenate([f.test for f in folds])) == list(range(len(papers)))


@given(rows, st.integers(1, 5))
def test_leaving_a_group_out_leaves_out_its_rows_and_papers(table, min_rows):
    papers, labels = (np.array(column) for column in zip(*table, strict=True))
    try:
        folds = leave_one_group_out(labels, papers, min_rows)
    except InputError:
        return
    for label, (train, test) in folds.items():
        assert np.array_equal(test, np.flatnonzero(labels == label))
        assert not set(papers[train]) & set(papers[test])
        kept_out = set(range(len(papers))) - set(train) - set(test)
        assert all(papers[i] in papers[test] for i in kept_out)  # nothing is dropped without need
