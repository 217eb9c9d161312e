"""Hosts between the ends of their charge, and what their voltage depends on."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.elements.redox_table import working_ions
from hemml.errors import FormulaError, InputError, UnknownNameError
from hemml.features.insertion import Insertion, guest
from hemml.features.insertion_columns import NAMES, insertion_columns, ladder_voltage


def column(hosts: Insertion, name: str) -> np.ndarray:
    return insertion_columns(hosts)[:, NAMES.index(name)]


def test_ends_are_read_per_formula_unit_of_the_charged_host() -> None:
    hosts = Insertion.between(
        ["FePO4", "Fe2(MoO4)3", "CrO2"], ["LiFePO4", "Zn3Fe4(MoO4)6", "RbCr4O8"], ["Li", "Zn", "Rb"]
    )
    np.testing.assert_allclose(hosts.charged, 0.0)
    np.testing.assert_allclose(hosts.discharged, [1.0, 1.5, 0.25])


def test_ions_left_at_the_end_of_charge() -> None:
    hosts = Insertion.between(["LiCr2(PO4)2"], ["LiCrPO4"], ["Li"])
    assert (hosts.charged[0], hosts.discharged[0]) == (1.0, 2.0)
    assert "Li" not in hosts.host.elements


@pytest.mark.parametrize("direction", [1, -1])
def test_other_hosts_and_swapped_ends_are_refused(direction: int) -> None:
    ends = (["FePO4"], ["LiMnPO4"]) if direction == 1 else (["LiFePO4"], ["FePO4"])
    message = "both ends must be the same host" if direction == 1 else "ions discharged must be more than charged"
    with pytest.raises(InputError, match=message):
        Insertion.between(*ends, ["Li"])


def test_bad_formulas_ions_and_lengths_are_refused() -> None:
    with pytest.raises(FormulaError, match="Fe!"):
        Insertion.between(["Fe!PO4"], ["LiFePO4"], ["Li"])
    with pytest.raises(UnknownNameError, match="working ion 'Xx'"):
        Insertion.between(["FePO4"], ["LiFePO4"], ["Xx"])
    with pytest.raises(InputError, match="as many charged as discharged"):
        Insertion.between(["FePO4"], [], ["Li"])


def test_every_working_ion_is_known_with_the_potential_of_its_own_metal() -> None:
    for symbol, ion in working_ions().items():
        assert guest(symbol).potential_V_Li == pytest.approx(ion.potential_V_SHE - working_ions()["Li"].potential_V_SHE)
    assert guest("NH4").radius_A == guest("K").radius_A


@pytest.mark.parametrize(
    ("formula", "ion", "ends"),
    [
        ("LiFePO4", "Li", (0.0, 1.0)),  # charged: iron 2+ to 3+
        ("Na3V2(PO4)3", "Na", (1.0, 3.0)),  # as far as vanadium 4+ lies in the window of sodium
        ("FePO4", "Na", (0.0, 1.0)),  # nothing to charge, so discharged
        ("LiCoPO4", "Li", (0.0, 1.0)),  # made with the working ion: charged, past the usual window where need be
        ("Na2CaV4O12", "Zn", (1.0, 5.0)),  # made with another ion, vanadium at the top: 5+ to 3+ takes zinc in
    ],
)
def test_cathodes_begin_with_what_their_ladder_allows(formula: str, ion: str, ends: tuple[float, float]) -> None:
    hosts, rows = Insertion.of(CompositionBatch.from_formulas([formula], ion))
    assert rows.tolist() == [0]
    assert (hosts.charged[0], hosts.discharged[0]) == pytest.approx(ends)


def test_alloys_and_hosts_without_steps_are_left_out() -> None:
    hosts, rows = Insertion.of(CompositionBatch.from_formulas(["Sb", "LiFePO4", "MgO"], "Li"))
    assert rows.tolist() == [1]
    assert len(hosts) == 1


def test_two_routes_to_the_same_electrode_agree() -> None:
    stated = Insertion.between(["FePO4", "CoO2"], ["LiFePO4", "LiCoO2"], ["Li", "Li"])
    found, _ = Insertion.of(CompositionBatch.from_formulas(["LiFePO4", "LiCoO2"], "Li"))
    np.testing.assert_allclose(insertion_columns(found), insertion_columns(stated), atol=1e-12)


def test_ladder_voltage_is_that_of_the_step_that_moves() -> None:
    hosts = Insertion.between(["FePO4", "FePO4", "CoO2"], ["LiFePO4", "NaFePO4", "LiCoO2"], ["Li", "Na", "Li"])
    sodium = guest("Na").potential_V_Li
    np.testing.assert_allclose(ladder_voltage(hosts), [3.40, 3.40 - sodium, 3.95])


def test_columns_of_a_known_electrode() -> None:
    hosts = Insertion.between(["FePO4"], ["LiFePO4"], ["Li"])
    assert column(hosts, "active_charge_from") == pytest.approx(2)
    assert column(hosts, "active_charge_to") == pytest.approx(3)
    assert column(hosts, "active_d_discharged") == pytest.approx(6)  # Fe2+
    assert column(hosts, "active_share") == pytest.approx(1)
    assert column(hosts, "electrons_per_active") == pytest.approx(1)
    assert column(hosts, "centre_P") == pytest.approx(0.25)  # of four oxygen atoms
    assert column(hosts, "ion_radius_A") == pytest.approx(0.76)


def test_columns_are_complete_even_for_a_host_of_metal() -> None:
    hosts = Insertion.between(["Ti", "FePO4"], ["LiTi", "LiFePO4"], ["Li", "Li"])
    columns = insertion_columns(hosts)
    assert columns.shape == (2, len(NAMES))
    assert np.isfinite(columns).all()
    assert np.isnan(ladder_voltage(hosts)[0])


def test_size_of_the_formula_unit_and_order_of_rows_do_not_matter() -> None:
    single = Insertion.between(["FePO4", "Mn2O4"], ["LiFePO4", "LiMn2O4"], ["Li", "Li"])
    double = Insertion.between(["Mn4O8", "Fe2(PO4)2"], ["LiMn2O4", "Li3Fe3(PO4)3"], ["Li", "Li"])
    np.testing.assert_allclose(insertion_columns(double), insertion_columns(single)[::-1], rtol=1e-9, atol=1e-9)


def test_more_rows_than_a_chunk() -> None:
    hosts = Insertion.between(["FePO4", "CoO2"], ["LiFePO4", "LiCoO2"], ["Li", "Li"])
    many = hosts[np.tile([0, 1], 2100)]
    np.testing.assert_array_equal(insertion_columns(many)[-2:], insertion_columns(hosts))
