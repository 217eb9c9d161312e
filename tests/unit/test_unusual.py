"""Sentences on what the training records lack, for made-up training rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.data import typed
from hemml.errors import BundleError
from hemml.models.inputs import Compositions, Inputs, batch_of
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows
from hemml.models.unusual import MOST_SENTENCES, unusual_of, unusual_tests
from hemml.models.usual import Usual

TARGET = TARGETS[Column.CAPACITY]


def table(*rows: tuple[str, str, str, str], **columns: str) -> pd.DataFrame:
    """Rows of formula, ion, role and family; the same conditions in each."""
    names = (Column.FORMULA, Column.WORKING_ION, Column.ROLE, Column.FAMILY)
    frame = pd.DataFrame([dict(zip(map(str, names), row, strict=True)) for row in rows], dtype=object)
    return typed(frame.assign(**{Column.CAPACITY_KIND.value: "reversible"} | columns))


def training() -> TrainingRows:
    """60 sodium layered oxides from 0.1 to 3 C, 40 zinc spinels, 3 with Ta, 1 calcium anode."""
    sodium = [
        (f"Na(Ni{x:.2f}Fe{0.2:.1f}Mn{0.8 - x:.2f})O2", "Na", "cathode", "layered_oxide")
        for x in np.linspace(0.1, 0.5, 60)
    ]
    zinc = [(f"Zn(Mn{1 - x:.2f}Co{x:.2f})2O4", "Zn", "cathode", "spinel") for x in np.linspace(0.1, 0.9, 40)]
    tantalum = [("Na(Fe0.95Ta0.05)O2", "Na", "cathode", "layered_oxide")] * 3
    frame = table(*sodium, *zinc, *tantalum, ("CaMnO3", "Ca", "anode", "perovskite"))
    rates = np.linspace(0.1, 3.0, len(frame))
    frame[Column.CAPACITY_C_RATE] = rates
    frame[Column.CAPACITY] = 100.0
    compositions = Compositions.of(batch_of(frame), ("S_config_cation_R",))
    return TrainingRows(TARGET, frame, compositions, np.arange(len(frame)).astype(np.str_))


@pytest.fixture(scope="module")
def learned() -> tuple[Usual, Inputs]:
    rows = training()
    inputs = Inputs.fit(rows.frame, rows.compositions, ("S_config_cation_R",), TARGET.protocol)
    return Usual.of(rows, inputs), inputs


def columns_of(inputs: Inputs, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    compositions = Compositions.of(batch_of(frame), inputs.features)
    return dict(zip(inputs.names, inputs.transform(frame, compositions).T, strict=True))


def told(learned: tuple[Usual, Inputs], *rows: tuple[str, str, str, str], **columns: str) -> list[tuple[str, ...]]:
    usual, inputs = learned
    frame = table(*rows, **columns)
    return list(unusual_of(usual, batch_of(frame), frame, columns_of(inputs, frame)))


def test_a_training_record_is_not_unusual(learned) -> None:
    rows = [("Na(Ni0.30Fe0.2Mn0.50)O2", "Na", "cathode", "layered_oxide"), ("ZnMnCoO4", "Zn", "cathode", "spinel")]
    assert told(learned, *rows) == [(), ()]


def test_elements_that_no_record_contains(learned) -> None:
    (first,) = told(learned, ("Zn(Mn0.5Zr0.2Hf0.3)2O4", "Zn", "cathode", "spinel"))
    assert first[0] == "no training record contains Zr or Hf"
    (sulfide,) = told(learned, ("NaFeS2", "Na", "cathode", "layered_oxide"))
    assert sulfide[0] == "no training record contains S"
    assert not any("as an anion" in sentence for sentence in sulfide)


def test_elements_known_elsewhere(learned) -> None:
    (zinc,) = told(learned, ("Na(Zn0.2Fe0.8)O2", "Na", "cathode", "layered_oxide"))
    assert "no training record has Zn on a cation sublattice" in zinc
    (polyanion,) = told(learned, ("NaFePO4", "Na", "cathode", "polyanion"))
    assert polyanion[:3] == (
        "no training record contains P",
        "no training record has PO4 as an anion",
        "no training record has family polyanion",
    )


def test_rare_elements_and_ions(learned) -> None:
    rare, zinc, nickel = told(
        learned,
        ("Na(Fe0.95Ta0.05)O2", "Na", "cathode", "layered_oxide"),
        ("Zn(Mn0.95Ta0.05)2O4", "Zn", "cathode", "spinel"),
        ("Zn(Mn0.8Fe0.1Ni0.1)2O4", "Zn", "cathode", "spinel"),
    )
    assert "Ta on a cation sublattice in 3 training records" in rare
    assert "Ta on a cation sublattice in 3 training records, none with Zn as working ion" in zinc
    assert "no training record with Zn as working ion has Fe or Ni on a cation sublattice" in nickel


def test_more_of_an_element_than_ever(learned) -> None:
    (much,) = told(learned, ("Na(Fe0.6Ta0.4)O2", "Na", "cathode", "layered_oxide"))
    assert "Ta makes up 40 % of the cations; at most 5 % in the training records" in much


def test_cells_and_families(learned) -> None:
    few, none, family, elsewhere = told(
        learned,
        ("CaMnO3", "Ca", "anode", "perovskite"),
        ("KMnO2", "K", "cathode", "layered_oxide"),
        ("ZnMn2O4", "Zn", "cathode", "tunnel_oxide"),
        ("ZnMn2O4", "Zn", "cathode", "layered_oxide"),
    )
    assert "only 1 of 104 training records is a Ca anode" in few
    assert "no training record is a K cathode" in none
    assert "no training record has family tunnel_oxide" in family
    assert "no training record of a Zn cathode has family layered_oxide" in elsewhere


def test_high_entropy_and_components(learned) -> None:
    (high,) = told(learned, ("Zn(Mn0.2Co0.2Fe0.2Ni0.2Ca0.2)2O4", "Zn", "cathode", "spinel"))
    assert "no training record of a Zn cathode is high-entropy (S_config >= 1.5 R)" in high
    assert "5 components on one sublattice; no training record has more than 3" in high


def test_formula_that_cannot_be_balanced(learned) -> None:
    (bare,) = told(learned, ("NaFeO6", "Na", "cathode", "layered_oxide"))
    assert any(
        s.startswith("the formula cannot be balanced: residual charge ") and s.endswith(" e per formula unit")
        for s in bare
    )


def test_stated_conditions_beyond_the_records(learned) -> None:
    sample = ("Na(Ni0.30Fe0.2Mn0.50)O2", "Na", "cathode", "layered_oxide")
    ((fast,), (slow,), unstated) = (told(learned, sample, capacity_c_rate=rate)[0] for rate in ("50", "0.001", ""))
    assert fast.startswith("rate 50 C is above the largest of the 63 training records of Na cathodes (")
    assert slow == "rate 0.001 C is below the smallest of the 63 training records of Na cathodes (0.1 C)"
    assert unstated == ()
    usual, inputs = learned
    frame = table(sample, capacity_c_rate="50")
    assert unusual_tests(usual, frame, columns_of(inputs, frame), "capacity") == ((f"capacity: {fast}",),)


def test_the_list_stays_short_and_rows_do_not_mix(learned) -> None:
    strange = ("Ca(Ta0.2Zr0.2Hf0.2Re0.1W0.1Mo0.1V0.1)S3I", "Mg", "anode", "sulfide")
    plain = ("ZnMnCoO4", "Zn", "cathode", "spinel")
    alone = told(learned, strange)[0]
    assert len(alone) == MOST_SENTENCES
    assert told(learned, plain, strange, plain) == [(), alone, ()]


def test_what_is_saved_is_read_back(learned, tmp_path: Path) -> None:
    usual, _ = learned
    usual.save(tmp_path)
    assert Usual.load(tmp_path) == usual
    content = (tmp_path / "usual.json").read_bytes()
    usual.save(tmp_path)
    assert (tmp_path / "usual.json").read_bytes() == content


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"records": "many"}'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "usual.json").write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match=r"usual\.json: must be what hemml wrote, got .*; train the bundle again"):
        Usual.load(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"usual\.json: must be what hemml wrote, got FileNotFoundError"):
        Usual.load(tmp_path)


def test_every_row_outside_of_the_domain_is_told_why() -> None:
    from hemml.data import load_default
    from hemml.models.prediction import Predictor

    found = Predictor.load().predict(load_default().iloc[::7].reset_index(drop=True))
    outside = [told for told, near in zip(found.unusual, found.in_domain, strict=True) if not near]
    far = Predictor.load().predict(load_default().head(1).assign(formula="Zn0.5(TaWReOs)2O4", working_ion="Zn"))
    assert outside
    assert all(outside)
    assert not far.in_domain[0]
    assert far.unusual[0]
