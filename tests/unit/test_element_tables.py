"""The element tables: complete for the data set, sourced, and equal to the packages that they come from."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from hemml.elements import (
    d_electrons,
    ionic_radius,
    magpie_array,
    mixing_enthalpy_matrix,
    property_array,
    table_sources,
)
from hemml.elements.tables import magpie_properties, read_table
from hemml.features.statistics import PROPERTIES

ROOT = Path(__file__).parents[2]
OWN_TABLES = ("elements", "shannon", "miedema", "supply", "ion_roles", "magpie")
KEYS = {"symbol", "Z", "charge", "coordination", "spin", "a", "b"}


@pytest.fixture(scope="module")
def occurring() -> tuple[str, ...]:
    with (ROOT / "datasets" / "hem_electrodes.csv").open(encoding="utf-8") as file:
        text = " ".join(row["formula"] for row in csv.DictReader(file))
    known = [row["symbol"] for row in read_table("elements")]
    found = {m for m in re.findall(r"[A-Z][a-z]?", text) if m in known}
    return tuple(symbol for symbol in known if symbol in found)


@pytest.mark.parametrize("name", ["pauling", "allen", "melting_point_K", "vec", "group", "toxicity_class"])
def test_every_element_of_the_data_set_has_a_value(name: str, occurring: tuple[str, ...]) -> None:
    assert len(occurring) >= 45
    assert np.isfinite(property_array(name, occurring)).all()


@pytest.mark.parametrize("name", ["cost_usd_per_kg", "crustal_abundance_ppm", "hhi_production", "hhi_reserve"])
def test_supply_values_are_positive(name: str, occurring: tuple[str, ...]) -> None:
    assert (property_array(name, occurring) > 0).all()


def test_metals_of_the_data_set_have_a_metallic_radius(occurring: tuple[str, ...]) -> None:
    metals = [e for e in occurring if e not in ("H", "N", "O", "F", "Cl")]
    radii = property_array("metallic_radius_pm", metals)
    assert radii.min() > 80
    assert radii.max() < 280


def test_magpie_is_complete_for_the_data_set(occurring: tuple[str, ...]) -> None:
    assert magpie_properties() == PROPERTIES
    assert np.isfinite(magpie_array(occurring)).all()


def test_magpie_equals_matminer() -> None:
    from matminer.utils.data import MagpieData

    source = MagpieData(impute_nan=False).all_elemental_props
    for row in read_table("magpie"):
        for name in PROPERTIES:
            value = source[name][row["symbol"]]
            assert (row[name] == "") if np.isnan(value) else (float(row[name]) == value), (row["symbol"], name)


def test_every_column_has_a_source_with_a_reference() -> None:
    sources = table_sources()
    for table in OWN_TABLES:
        for column in set(read_table(table)[0]) - KEYS:
            assert len(sources[table, column]["source"]) > 3, (table, column)


def test_allen_scale_is_not_shifted_beyond_barium() -> None:
    # matminer's file gives La the value of Lu, Ta that of Fr; Allen: Ta 1.34, W 1.47, Pt 1.72, Bi 2.01.
    assert property_array("allen", ("Ta", "W", "Pt", "Bi")).tolist() == [1.34, 1.47, 1.72, 2.01]
    lanthanides = property_array("allen", ("Ba", "La", "Ce", "Sm", "Ho", "Yb", "Lu"))
    assert (lanthanides > 0.88).all()
    assert (lanthanides <= 1.09).all()


def test_valence_electrons_count_d_electrons() -> None:
    assert property_array("vec", ("Al", "Ti", "Cr", "Mn", "Ni", "Cu", "Zn", "Sn", "La")).tolist() == [
        3, 4, 6, 7, 10, 11, 12, 4, 3,
    ]  # fmt: skip


def test_mixing_enthalpies_are_symmetric_and_unknown_pairs_stay_unknown() -> None:
    matrix = mixing_enthalpy_matrix(("O", "Al", "Ni"))
    assert matrix[1, 2] == matrix[2, 1] == -22.0
    assert np.isnan(matrix[0, 1])
    assert (np.diag(matrix) == 0).all()


@pytest.mark.parametrize(
    ("element", "charge", "count"),
    [("Ti", 4, 0), ("Mn", 3, 4), ("Fe", 2, 6), ("Cu", 2, 9), ("Zn", 2, 10), ("Mg", 2, 0), ("Al", 3, 0), ("Ga", 3, 10),
     ("Sn", 4, 10), ("La", 3, 0), ("Sm", 3, 0), ("Mo", 6, 0), ("Ag", 1, 10), ("K", 1, 0)],
)  # fmt: skip
def test_d_electrons(element: str, charge: int, count: int) -> None:
    assert d_electrons((element,), np.array([charge]))[0] == count


def test_every_shannon_ion_reads_back() -> None:
    for row in read_table("shannon"):
        assert ionic_radius(row["symbol"], int(row["charge"])) >= 0.0
