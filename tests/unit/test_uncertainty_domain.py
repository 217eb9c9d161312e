import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from hemml.uncertainty import Evidence

rng = np.random.default_rng(8)
X = rng.normal(size=(200, 6)) * [1, 10, 100, 0.1, 1, 1] + [0, 5, 1e4, 0, 0, 3]


def evidence(x=X, papers=None, **options) -> Evidence:
    n = len(x)
    return Evidence.fit(
        x,
        [f"feature_{i}" for i in range(x.shape[1])],
        record_ids=[f"hem-{i}" for i in range(n)],
        papers=[f"10.1/{i // 3}" for i in range(n)] if papers is None else papers,
        dois=[f"10.1/{i // 3}" for i in range(n)],
        formulas=["NaFeO2"] * n,
        values=np.arange(n, dtype=float),
        **options,
    )


def test_neighbours_agree_with_scikit_learn():
    query = X[:50] + rng.normal(size=(50, 6)) * 0.3
    indices, distances = evidence().nearest(query, k=7)
    scaler = StandardScaler().fit(X)
    peer = NearestNeighbors(n_neighbors=7, algorithm="brute").fit(scaler.transform(X))
    expected_distances, expected = peer.kneighbors(scaler.transform(query))
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_allclose(distances, expected_distances / np.sqrt(6), rtol=1e-5)


def test_a_record_is_at_distance_zero_of_itself():
    indices, distances = evidence().nearest(X, k=1)
    assert indices[:, 0].tolist() == list(range(200))
    assert (distances == 0).all()


def test_own_paper_and_own_record_can_be_left_out():
    known = evidence()
    without_paper, _ = known.nearest(X, k=5, without_papers=known.papers)
    assert (known.papers[without_paper] != known.papers[:, None]).all()
    without_record, _ = known.nearest(X, k=5, without_records=known.record_ids)
    assert (without_record != np.arange(200)[:, None]).all()
    some = np.where(np.arange(200) % 2, known.papers, "")
    mixed, _ = known.nearest(X, k=1, without_papers=some)
    assert mixed[::2, 0].tolist() == list(range(0, 200, 2))
    np.testing.assert_array_equal(mixed[1::2, 0], without_paper[1::2, 0])
    unknown, _ = known.nearest(X, k=1, without_papers=["10.9/never seen"] * 200)
    assert unknown[:, 0].tolist() == list(range(200))


def test_ties_go_by_record_order_whatever_the_number_of_rows():
    repeated = np.tile(X[:4], (30, 1))
    known = evidence(repeated)
    together, _ = known.nearest(repeated, k=5)
    assert together[1].tolist() == [1, 5, 9, 13, 17]
    for row in range(0, 120, 17):
        alone, distances = known.nearest(repeated[row : row + 1], k=5)
        np.testing.assert_array_equal(alone[0], together[row])
        assert (distances == 0).all()


def test_far_row_does_not_disturb_the_others():
    far = np.vstack([X[:5], X[:1] * 1e9])
    np.testing.assert_array_equal(evidence().nearest(far, k=3)[0][:5], evidence().nearest(X[:5], k=3)[0])


def test_weights_and_units():
    """A descriptor of weight 0 does not count; a change of unit changes nothing."""
    off = evidence(weights=[1, 1, 1, 1, 1, 0])
    without = evidence(X[:, :5])
    np.testing.assert_allclose(
        off.nearest(X + np.array([0, 0, 0, 0, 0, 50]))[1], without.nearest(X[:, :5])[1], atol=1e-6
    )
    np.testing.assert_allclose(evidence(X * 1000).threshold, evidence().threshold, rtol=1e-5)


def test_random_records_are_about_root_two_apart():
    known = evidence()
    pairs = np.linalg.norm(known.matrix[:100].astype(float) - known.matrix[100:], axis=1)
    assert np.sqrt((pairs**2).mean()) == pytest.approx(np.sqrt(2), rel=0.1)


def test_domain_is_calibrated_on_other_papers():
    known = evidence(quantile=0.9)
    _, distances = known.nearest(X, k=1, without_papers=known.papers)
    assert known.in_domain(distances[:, 0]).mean() == pytest.approx(0.9, abs=0.006)
    # twins within a paper must not make the domain look small
    twins = evidence(np.repeat(X, 2, axis=0), papers=np.repeat([f"p{i}" for i in range(200)], 2))
    singles = evidence(X, papers=[f"p{i}" for i in range(200)])
    assert twins.threshold == pytest.approx(singles.threshold, rel=1e-2)


def test_new_element_is_outside_the_domain():
    never = np.hstack([X, np.zeros((200, 1))])  # a descriptor that does not vary in training
    known = evidence(never)
    assert known.scale[-1] == 1.0
    query = never[:2].copy()
    query[1, -1] = 40.0
    assert known.in_domain(known.nearest(query, k=1)[1][:, 0]).tolist() == [True, False]


def test_threshold_is_the_nine_tenths_quantile_by_default():
    known = evidence()
    _, distances = known.nearest(X, k=1, without_papers=known.papers)
    assert known.quantile == 0.9
    assert known.threshold == np.quantile(distances[:, 0], 0.9)


def test_errors_are_told_apart_inside_and_outside():
    known = evidence()
    inside = known.in_domain(known.nearest(X, k=1, without_papers=known.papers)[1][:, 0])
    measured = evidence(errors=np.where(inside, -0.5, 1.25))
    assert (measured.error_inside, measured.error_outside) == (0.5, 1.25)
    assert measured.error_ratio == 2.5
    assert known.error_ratio is None
    # all records alike: none is beyond the threshold, nothing can be said
    assert evidence(np.ones((200, 6)), errors=np.ones(200)).error_ratio is None


def test_varied_neighbours_show_each_formula_of_a_paper_once_and_two_records_of_a_paper():
    line = np.arange(12.0)[:, None]
    papers = ["a"] * 6 + ["b"] * 4 + ["c"] * 2
    formulas = ["A1", "A1", "A2", "A3", "A3", "A4", "B1", "B1", "B1", "B1", "C1", "C2"]
    known = Evidence.fit(
        line, ["x"], record_ids=formulas, papers=papers, dois=papers, formulas=formulas, values=np.zeros(12)
    )
    indices, distances = known.varied(line[:1], k=5)
    assert indices.tolist() == [[0, 2, 6, 10, 11]]
    np.testing.assert_allclose(distances[0], np.array([0, 2, 6, 10, 11]) / line.std(), rtol=1e-6)
    indices, distances = known.varied(line[[11, 0]], k=4, of_a_paper=1)
    assert indices.tolist() == [[11, 9, 5, -1], [0, 6, 10, -1]]
    assert np.isinf(distances[:, 3]).all()


def test_varied_neighbours_look_as_deep_as_needed():
    """A hundred twins of one paper before the next paper do not shorten the list."""
    x = np.concatenate([np.zeros(100), np.arange(1.0, 5.0)])[:, None]
    labels = ["twin"] * 100 + ["p1", "p2", "p3", "p4"]
    known = Evidence.fit(x, ["x"], record_ids=labels, papers=labels, dois=labels, formulas=labels, values=x[:, 0])
    assert known.varied(x[:1])[0].tolist() == [[0, 100, 101, 102, 103]]
    few, _ = known.varied(x, k=3)
    assert few[0].tolist() == [0, 100, 101]
    assert few[103].tolist() == [103, 102, 101]
