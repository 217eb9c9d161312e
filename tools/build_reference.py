"""Write docs/descriptors.md, the reference of all features, from the metadata that stands beside their code.

Run it after adding or changing a feature: `make reference`. With `--check` nothing is written, and the exit code is 1
if the file is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from hemml.features import Feature, FeatureSet
from hemml.features.conditions import CATEGORIES, KINDS, NUMERIC, TREATMENTS
from hemml.features.expected import EXPECTED
from hemml.features.statistics import PROPERTIES, PROPERTY_UNITS, STATISTICS

REFERENCE = Path(__file__).parents[1] / "docs" / "descriptors.md"
TITLES = {
    "entropy": ("Entropy", "Configurational entropy of each sublattice, in units of R per mole of its sites."),
    "size": ("Size", "How well the ions or atoms that share a site fit each other."),
    "electronic": ("Electronic structure", "Electronegativity, valence and d electrons, and the roles of the ions."),
    "redox": (
        "Redox",
        "What the [redox ladder](redox.md) says about a cell; potentials against the metal of the ion.",
    ),
    "mixing": ("Mixing", "Thermodynamics of mixing of alloys in Miedema's model."),
    "supply": ("Supply", "What the elements cost, how rare, how concentrated and how toxic they are."),
}
STATISTICS_GROUPS = {"statistics_cation": "cation", "statistics_atoms": "atoms"}

INTRODUCTION = """\
# Descriptors

<!-- Written by tools/build_reference.py from the code; run `make reference` to bring it up to date. -->

Every feature has one name, one unit, one definition and one source. "Applies to" says which materials have a value;
elsewhere a feature is "not applicable" (NaN in arrays, `null` in JSON), which never means that data is missing:
missing element data is an error. `hemml describe FORMULA --explain` prints the same for one material.

Symbols: x<sub>i</sub> is the fraction of an element on its sublattice; n<sub>s</sub> is the number of occupied sites of
sublattice s per formula unit, and max n<sub>s</sub> that of the largest; M is the molar mass; F = 26801.5 mAh/mol.
"""
STATISTICS_TEXT = """\
Magpie-style statistics of {properties} element properties, each over the cation (or alloy) sublattices and over all
atoms. The name is `cation_` or `atoms_`, the statistic and the property, as in `{example}`. Over all atoms they equal
matminer's `ElementProperty.from_preset("magpie", impute_nan=False)`, whose mode is left out. Source: {source}.
"""
CONDITIONS_TEXT = """\
These describe the test, not the material. They are inputs of the models beside the features above, and are made from
the columns of a table (see [data](data.md)). What a row does not state is set to the typical value of its role, ion
and family, and a flag says that it was.
"""
EXPECTED_TEXT = "Two numbers that the models take from the redox features once the role of the electrode is known."


class References:
    """Numbers the references in the order in which they are first cited."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def cite(self, reference: str) -> str:
        """The number of a reference as a link to the list."""
        number = self.numbers.setdefault(reference, len(self.numbers) + 1)
        return f"[[{number}]](#references)"

    def listed(self) -> str:
        """The list of references."""
        return "\n".join(f"{number}. {escape(reference)}" for reference, number in self.numbers.items())


def escape(text: str) -> str:
    """Text that Markdown shows as it is, also in a table."""
    for character in "\\*|<":
        text = text.replace(character, "&lt;" if character == "<" else "\\" + character)
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def feature_table(features: Iterable[Feature], references: References) -> str:
    """A table with one feature a row."""
    header = ("name", "meaning", "unit", "formula", "applies to", "source")
    rows = (
        (f"`{f.name}`", *(escape(text) for text in (f.label, f.unit, f.formula, f.scope)), references.cite(f.reference))
        for f in features
    )
    return table(header, rows)


def statistics_section(features: Sequence[Feature]) -> str:
    """The features of both statistics groups as a table of statistics and one of properties.

    Raises:
        ValueError: The features are not every statistic of every property over both kinds of atoms.
    """
    expected = [f"{prefix}_{s}_{p}" for prefix in STATISTICS_GROUPS.values() for s in STATISTICS for p in PROPERTIES]
    if [feature.name for feature in features] != expected:
        raise ValueError("statistics must be every statistic of every property in order; correct statistics_section")
    by_name = {feature.name: feature for feature in features}
    formulas = (
        (f"`{s}`", escape(by_name[f"cation_{s}_{PROPERTIES[0]}"].formula.split(f", P = {PROPERTIES[0]}")[0]))
        for s in STATISTICS
    )
    text = STATISTICS_TEXT.format(properties=len(PROPERTIES), example=features[0].name, source=features[0].reference)
    units = ((f"`{p}`", escape(PROPERTY_UNITS.get(p, ""))) for p in PROPERTIES)
    return "\n".join([text, table(("statistic", "formula"), formulas), "", table(("property P", "unit"), units)])


def build() -> str:
    """The whole reference as Markdown."""
    feature_set = FeatureSet.default()
    references = References()
    parts = [INTRODUCTION]
    for group in feature_set.groups:
        if group.name in STATISTICS_GROUPS:
            continue
        title, text = TITLES[group.name]
        parts += [f"## {title}\n\n{text}\n", feature_table(group.features, references) + "\n"]
    statistics = [feature for feature in feature_set.features if feature.group in STATISTICS_GROUPS]
    parts += ["## Statistics\n", statistics_section(statistics) + "\n"]
    parts += [f"## Expected values\n\n{EXPECTED_TEXT}\n", feature_table(EXPECTED, references) + "\n"]
    conditions = (*NUMERIC, *CATEGORIES, *KINDS, *TREATMENTS)
    parts += [f"## Conditions\n\n{CONDITIONS_TEXT}", feature_table(conditions, references) + "\n"]
    parts += ["## References\n", references.listed() + "\n"]
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    """Write the reference, or check that it is up to date."""
    text = build()
    if "--check" in arguments:
        if REFERENCE.is_file() and REFERENCE.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(f"{REFERENCE.name} must be what the features say, got other text; run `make reference`\n")
        return 1
    REFERENCE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
