"""The matminer and scikit-learn contracts."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.errors import InputError, UnknownNameError
from hemml.features import FeatureSet
from hemml.features.transformer import CompositionTransformer

NAMES = ("S_config_cation_R", "vec", "radius_mismatch_pct", "atoms_mean_Electronegativity")
FORMULAS = ["LiCoO2", "Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2", "ZnMn2O4", "Na3V2(PO4)3"]


@pytest.fixture(scope="module")
def adapter():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matminer's own imports warn
        from hemml.features import matminer_adapter
    return matminer_adapter


def test_importing_features_loads_nothing_heavy() -> None:
    code = (
        "import sys, hemml.features, hemml.elements; "
        "heavy = {'pandas', 'scipy', 'sklearn', 'pymatgen', 'matminer', 'matplotlib', 'mlflow', 'xgboost'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_featurizer_equals_feature_set(adapter) -> None:
    featurizer = adapter.HemmlFeaturizer(NAMES)
    expected = FeatureSet.default(NAMES).compute(CompositionBatch.from_formulas(FORMULAS))
    assert featurizer.feature_labels() == list(NAMES)
    np.testing.assert_allclose([featurizer.featurize(f) for f in FORMULAS], expected, rtol=1e-12)
    np.testing.assert_allclose(featurizer.featurize_many(FORMULAS, pbar=False), expected, rtol=1e-12)


def test_featurizer_takes_pymatgen_compositions(adapter) -> None:
    from pymatgen.core import Composition

    featurizer = adapter.HemmlFeaturizer(("vec", "atoms_mean_Electronegativity"))
    np.testing.assert_allclose(featurizer.featurize(Composition("LiCoO2")), featurizer.featurize("LiCoO2"), rtol=1e-12)


def test_featurizer_drops_into_multiple_featurizer(adapter) -> None:
    from matminer.featurizers.base import MultipleFeaturizer
    from matminer.featurizers.composition import Stoichiometry
    from pymatgen.core import Composition

    for by_entry in (True, False):
        both = MultipleFeaturizer(
            [Stoichiometry(), adapter.HemmlFeaturizer(NAMES, "Zn")], iterate_over_entries=by_entry
        )
        both.set_n_jobs(1)
        rows = both.featurize_many([Composition("LiCoO2"), Composition("ZnMn2O4")], pbar=False)
        labels = both.feature_labels()
        assert len(labels) == len(rows[0]) == len(rows[1])
        assert labels[-len(NAMES) :] == list(NAMES)
        assert rows[1][labels.index("vec")] == pytest.approx(7.0)
    assert "The hemml developers" in both.implementors()
    assert any("doi" in citation for citation in both.citations())


def test_featurizer_fills_a_data_frame(adapter) -> None:
    import pandas as pd

    frame = pd.DataFrame({"formula": FORMULAS})
    featurizer = adapter.HemmlFeaturizer(("vec",))
    out = featurizer.featurize_dataframe(frame, "formula", pbar=False, inplace=False)
    assert out["vec"].iloc[0] == pytest.approx(9.0)


def test_featurizer_raises_unless_told_to_ignore(adapter) -> None:
    featurizer = adapter.HemmlFeaturizer(("vec",))
    featurizer.set_n_jobs(1)
    with pytest.raises(InputError, match="Xx2O3"):
        featurizer.featurize("Xx2O3")
    assert not featurizer.precheck("Xx2O3")
    assert featurizer.precheck("LiCoO2")
    rows = featurizer.featurize_many(["LiCoO2", "Xx2O3"], ignore_errors=True, pbar=False)
    assert rows[0][0] == pytest.approx(9.0)
    assert np.isnan(rows[1][0])


def test_featurizer_can_be_cloned(adapter) -> None:
    from sklearn.base import clone

    assert clone(adapter.HemmlFeaturizer(NAMES, "Li")).get_params() == {"names": NAMES, "working_ion": "Li"}


def test_transformer_equals_feature_set() -> None:
    expected = FeatureSet.default(NAMES).compute(CompositionBatch.from_formulas(FORMULAS))
    transformer = CompositionTransformer(NAMES)
    for X in (FORMULAS, np.array(FORMULAS), np.array(FORMULAS, dtype=object)[:, None]):
        np.testing.assert_array_equal(transformer.fit(X).transform(X), expected)
    batch = CompositionBatch.from_formulas(FORMULAS)
    np.testing.assert_array_equal(transformer.fit_transform(batch), expected)
    assert transformer.get_feature_names_out().tolist() == list(NAMES)


def test_transformer_is_clonable_and_works_in_a_pipeline_with_pandas_output() -> None:
    from sklearn.base import clone
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    transformer = clone(CompositionTransformer(("vec", "atoms_mean_Electronegativity"), "Na"))
    assert transformer.get_params() == {"names": ("vec", "atoms_mean_Electronegativity"), "working_ion": "Na"}
    frame = transformer.set_output(transform="pandas").fit_transform(FORMULAS)
    assert list(frame.columns) == ["vec", "atoms_mean_Electronegativity"]
    pipeline = make_pipeline(transformer, Ridge()).fit(FORMULAS, [1.0, 2.0, 3.0, 4.0])
    assert pipeline.predict(FORMULAS).shape == (4,)


def test_transformer_passes_the_estimator_checks_that_need_no_numbers() -> None:
    # check_estimator itself stops at estimators that do not take a matrix of numbers.
    from sklearn.utils import estimator_checks as checks

    for check in (
        checks.check_estimator_cloneable,
        checks.check_estimator_tags_renamed,
        checks.check_valid_tag_types,
        checks.check_estimator_repr,
        checks.check_no_attributes_set_in_init,
        checks.check_do_not_raise_errors_in_init_or_set_params,
        checks.check_mixin_order,
        checks.check_parameters_default_constructible,
        checks.check_get_params_invariance,
        checks.check_set_params,
    ):
        check("CompositionTransformer", CompositionTransformer())


def test_transformer_must_be_fitted() -> None:
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        CompositionTransformer().transform(FORMULAS)


def test_transformer_refuses_what_is_no_column_of_formulas() -> None:
    with pytest.raises(InputError, match=r"one column of formulas, got an array of shape \(2, 2\)"):
        CompositionTransformer().fit([["LiCoO2", "Li"], ["ZnMn2O4", "Zn"]])
    with pytest.raises(InputError, match=r"text, got 3\.0 in row 2"):
        CompositionTransformer().fit(["LiCoO2", 3.0])
    with pytest.raises(UnknownNameError, match="did you mean 'vec'"):
        CompositionTransformer(("vecc",)).fit(FORMULAS)
