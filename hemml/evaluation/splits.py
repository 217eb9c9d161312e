"""Splits that never put rows of one paper on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hemml.arrays import IntArray, StrArray
from hemml.errors import HemmlError, InputError


class Fold(NamedTuple):
    """Row numbers of one split; unpacks as `train, test`, so a sequence of folds serves as scikit-learn's `cv`.

    Attributes:
        train: Rows to fit on, ascending.
        test: Rows to predict, ascending.
    """

    train: IntArray
    test: IntArray


def paper_folds(
    papers: Sequence[str] | StrArray,
    n_splits: int = 5,
    *,
    seed: int = 0,
    strata: Sequence[str] | StrArray | None = None,
) -> tuple[Fold, ...]:
    """Split rows into folds by paper, each fold with a similar mix of strata.

    Papers are dealt with scikit-learn's `StratifiedKFold`; a paper stands in the stratum of most of its rows, and
    strata of fewer than `n_splits` papers are merged. The fold of a paper depends on the set of papers and strata and
    on the seed, not on the order of the rows.

    Args:
        papers: Paper of each row, (n,): the DOI, or the page where there is no DOI.
        n_splits: Number of folds, at least 2.
        seed: Seed of the shuffle.
        strata: Label of each row whose mix should be alike in all folds (role and ion, say), (n,).

    Returns:
        One fold a split; the test rows of all folds together are every row once.

    Raises:
        InputError: If a paper or stratum is empty, lengths differ, or there are fewer papers than folds.
    """
    from sklearn.model_selection import StratifiedKFold

    names = _labels("papers", papers)
    distinct, row_paper = np.unique(names, return_inverse=True)
    if n_splits < 2:
        raise InputError(f"n_splits must be at least 2, got {n_splits}")
    if len(distinct) < n_splits:
        raise InputError(
            f"n_splits must be at most the number of papers, got {n_splits} folds for {len(distinct)} papers; "
            "use fewer folds or more data"
        )
    row_strata = np.full(len(names), "all") if strata is None else _labels("strata", strata, len(names))
    paper_stratum = _merge_rare(_most_frequent(row_paper, row_strata), n_splits)

    splitter = StratifiedKFold(n_splits=n_splits, shuffle=True, random_state=seed)
    folds = []
    for _, test_papers in splitter.split(np.zeros(len(distinct)), paper_stratum):
        in_test = np.isin(row_paper, test_papers)
        folds.append(Fold(np.flatnonzero(~in_test), np.flatnonzero(in_test)))
    for fold in folds:
        assert_disjoint_papers(names, fold)
    return tuple(folds)


def leave_one_group_out(
    labels: Sequence[str] | StrArray, papers: Sequence[str] | StrArray, min_rows: int = 20, *, strict: bool = True
) -> dict[str, Fold]:
    """Hold out one label (an ion, a family) at a time.

    The test rows are all rows of the label; the training rows are those of the other labels, without any paper that
    appears in the test rows.

    Args:
        labels: Label of each row, (n,).
        papers: Paper of each row, (n,).
        min_rows: Labels of fewer rows are not held out (they stay in the training rows of the others).
        strict: Refuse labels of which none has `min_rows` rows, or one leaves nothing to fit on. Otherwise labels that
            leave nothing are not held out, and there may be no fold at all.

    Returns:
        Fold of each label held out, in alphabetical order of the labels.

    Raises:
        InputError: If a label or paper is empty or lengths differ, and, if `strict`, where no label has `min_rows` rows
            or holding one out leaves nothing to fit on.
    """
    names = _labels("papers", papers)
    groups = _labels("labels", labels, len(names))
    distinct, counts = np.unique(groups, return_counts=True)
    folds = {}
    for label in distinct[counts >= min_rows]:
        in_test = groups == label
        train = np.flatnonzero(~np.isin(names, names[in_test]))
        if not len(train) and not strict:
            continue
        if not len(train):
            raise InputError(
                f"labels: holding out {str(label)!r} must leave rows of other papers to fit on, got none; "
                "use more data or fewer labels"
            )
        folds[str(label)] = Fold(train, np.flatnonzero(in_test))
        assert_disjoint_papers(names, folds[str(label)])
    if not folds and strict:
        raise InputError(
            f"labels must hold at least one with {min_rows} rows or more, got at most {counts.max()}; lower min_rows"
        )
    return folds


def assert_disjoint_papers(papers: Sequence[str] | StrArray, fold: Fold) -> None:
    """Refuse a split with rows of one paper on both sides.

    Args:
        papers: Paper of each row, (n,).
        fold: The split to check.

    Raises:
        HemmlError: If a paper stands on both sides; the message counts and names them.
    """
    names = np.asarray(papers)
    shared = np.intersect1d(names[fold.train], names[fold.test])
    if len(shared):
        shown = ", ".join(map(str, shared[:3])) + (", ..." if len(shared) > 3 else "")
        raise HemmlError(
            f"a split must not put rows of one paper on both sides, got {len(shared)} shared ({shown}); "
            "split by paper with paper_folds"
        )


def _labels(name: str, values: Sequence[str] | StrArray, length: int | None = None) -> StrArray:
    """Strings of each row, checked: np.asarray(..., dtype=str) alone would turn a missing value into 'nan'."""
    rows = list(values)
    bad = [i for i, value in enumerate(rows) if not isinstance(value, str) or not value.strip()]
    if bad:
        raise InputError(
            f"{name} must be a non-empty text in every row, got {rows[bad[0]]!r} in row {bad[0]} "
            f"({len(bad)} such rows of {len(rows)})"
        )
    if length is not None and len(rows) != length:
        raise InputError(f"{name} must have one entry a row ({length}), got {len(rows)}")
    if not rows:
        raise InputError(f"{name} must have at least one row, got none")
    return np.asarray(rows, dtype=np.str_)


def _most_frequent(row_paper: IntArray, row_strata: StrArray) -> StrArray:
    """Return the stratum of most rows of each paper (ties: the first alphabetically), (n_papers,)."""
    strata, row_stratum = np.unique(row_strata, return_inverse=True)
    counts = np.zeros((row_paper.max() + 1, len(strata)), dtype=np.int64)
    np.add.at(counts, (row_paper, row_stratum), 1)
    return np.asarray(strata[counts.argmax(axis=1)], dtype=np.str_)


def _merge_rare(strata: StrArray, least: int) -> StrArray:
    """Merge strata of fewer than `least` papers with each other and, if still too few, with the commonest."""
    distinct, codes, counts = np.unique(strata, return_inverse=True, return_counts=True)
    rare = counts < least
    if not rare.any():
        return strata
    commonest = distinct[counts.argmax()]
    merged = "merged rare strata" if rare.all() or counts[rare].sum() >= least else commonest
    return np.where(rare[codes], merged, strata.astype(object)).astype(np.str_)
