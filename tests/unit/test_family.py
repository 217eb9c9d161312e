"""Families and roles that hemml names by rule, where the user names none."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from hemml.columns import FAMILIES, ROLES
from hemml.composition import CompositionBatch
from hemml.data import load_default
from hemml.features.family import infer_family, infer_role


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return load_default()


@pytest.fixture(scope="module")
def batch(records: pd.DataFrame) -> CompositionBatch:
    return CompositionBatch.from_formulas(records["formula"].tolist(), records["working_ion"].tolist())


KNOWN = [
    ("NaNi1/3Fe1/3Mn1/3O2", "Na", "layered_oxide", "cathode"),
    ("Li1.2Mn0.54Ni0.13Co0.13O2", "Li", "layered_oxide", "cathode"),
    ("LiMn2O4", "Li", "spinel", "cathode"),
    ("ZnMn2O4", "Zn", "spinel", "cathode"),
    ("(Cr0.2Mn0.2Fe0.2Co0.2Ni0.2)3O4", "Li", "spinel", "anode"),
    ("(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O", "Li", "rocksalt", "anode"),
    ("Na0.44MnO2", "Na", "tunnel_oxide", "cathode"),
    ("MnO2", "Zn", "manganese_oxide", "cathode"),
    ("Zn0.25V2O5·H2O", "Zn", "vanadium_oxide", "cathode"),
    ("K1.6Mn[Fe(CN)6]0.94", "K", "prussian_blue", "cathode"),
    ("LiFePO4", "Li", "olivine", "cathode"),
    ("Na3V2(PO4)3", "Na", "polyanion", "cathode"),
    ("Na3V2(PO4)2F3", "Na", "polyanion", "cathode"),
    ("FeS2", "Na", "sulfide", "anode"),
    ("VS2", "Zn", "sulfide", "cathode"),
    ("MoSe2", "Na", "selenide", "anode"),
    ("FeF3", "Li", "fluoride", "cathode"),
    ("Sn4P3", "Na", "phosphide", "anode"),
    ("Ti3C2", "Na", "mxene", "anode"),
    ("SnSb", "Na", "alloy", "anode"),
    ("Zn", "Zn", "alloy", "anode"),
]


@pytest.mark.parametrize(("formula", "ion", "family", "role"), KNOWN)
def test_known_materials(formula: str, ion: str, family: str, role: str) -> None:
    batch = CompositionBatch.from_formulas([formula], ion)
    families = infer_family(batch)
    assert families.tolist() == [family]
    assert infer_role(families, batch).tolist() == [role]


def test_families_agree_with_those_of_the_papers(records: pd.DataFrame, batch: CompositionBatch) -> None:
    found = infer_family(batch)
    assert set(found) <= set(FAMILIES)
    assert (found == records["family"].to_numpy()).mean() >= 0.92


def test_roles_agree_with_those_of_the_papers(records: pd.DataFrame, batch: CompositionBatch) -> None:
    roles = infer_role(infer_family(batch), batch)
    assert set(roles) <= set(ROLES)
    assert (roles == records["role"].to_numpy()).mean() >= 0.93


def test_company_in_the_batch_does_not_matter(batch: CompositionBatch) -> None:
    together = infer_family(batch)
    for i in range(0, len(batch), 211):
        assert infer_family(batch[i]).tolist() == [together[i]]


def test_no_warnings_without_cations_or_oxygen() -> None:
    batch = CompositionBatch.from_formulas(["S", "NaCl", "C", "Na2S", "LiF"], "Na")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(infer_role(infer_family(batch), batch)) == 5


def test_scale_of_the_formula_does_not_matter() -> None:
    formulas = [formula for formula, _, _, _ in KNOWN if formula not in ("Ti3C2",)]
    batch = CompositionBatch.from_formulas(formulas, "Na")
    tripled = CompositionBatch.from_arrays(
        batch.elements,
        cation_sites=3 * batch.cation_sites,
        mobile=3 * batch.mobile,
        alloy=3 * batch.alloy,
        anion=3 * batch.anion,
        anion_species=batch.anion_species,
        molecule=3 * batch.molecule,
        molecule_species=batch.molecule_species,
        working_ion="Na",
    )
    assert np.array_equal(infer_family(batch), infer_family(tripled))
