"""Rebuild hemml/elements/tables/ from pymatgen, matminer and mendeleev.

Run it when one of these packages corrects a value: `pip install pymatgen matminer mendeleev`, then
`python tools/build_element_tables.py`. Every value that is not one of theirs is written out below with its source.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hemml.features.statistics import PROPERTIES

TABLES = Path(__file__).parents[1] / "hemml" / "elements" / "tables"
LAST_Z = 94  # plutonium: nothing heavier goes into an electrode

# Allen's scale (Mann, Meek, Allen 2000) beyond barium, where matminer's file is shifted by the missing lanthanides.
ALLEN_HEAVY = {
    "Lu": 1.09, "Hf": 1.16, "Ta": 1.34, "W": 1.47, "Re": 1.60, "Os": 1.65, "Ir": 1.68, "Pt": 1.72, "Au": 1.92,
    "Hg": 1.76, "Tl": 1.789, "Pb": 1.854,
    "Bi": 2.01, "Po": 2.19, "At": 2.39, "Rn": 2.60, "Fr": 0.67, "Ra": 0.89,
}  # fmt: skip
# The scale leaves out La to Yb. Its definition, with 4f in the core and 6s2 as valence shell, gives 0.169 times the
# first ionisation energy in eV (NIST Atomic Spectra Database, doi 10.18434/T4W30F); for barium this is exact.
ALLEN_PER_EV = 0.169
FIRST_IONISATION_EV = {
    "La": 5.5769, "Ce": 5.5386, "Pr": 5.4702, "Nd": 5.5250, "Pm": 5.577, "Sm": 5.6437, "Eu": 5.6704, "Gd": 6.1498,
    "Tb": 5.8638, "Dy": 5.9391,
    "Ho": 6.0215, "Er": 6.1077, "Tm": 6.1843, "Yb": 6.2542,
}  # fmt: skip

# Shannon 1976 has no octahedral Sn2+; Ahrens 1952 (doi 10.1016/0016-7037(52)90004-5) has.
EXTRA_RADII = (("Sn", 2, "VI", "", 0.93),)

# ICH Q3D(R2) guideline for elemental impurities (2022), table 5.1: 3 = class 1, 2 = classes 2A and 2B, 1 = class 3.
TOXICITY = {3: "As Cd Hg Pb", 2: "Co V Ni Tl Au Pd Ir Os Rh Ru Se Ag Pt", 1: "Li Sb Ba Mo Cu Sn Cr"}

JAHN_TELLER = "Mn+3 Cu+2 Cr+2 Ni+3"
PINNING = "Ti+4 Zr+4 Nb+5 Ta+5 Mo+6 W+6 Sn+4 Sb+5"
INACTIVE = (
    "Li+1 Na+1 K+1 Rb+1 Cs+1 Be+2 Mg+2 Ca+2 Sr+2 Ba+2 Zn+2 Cd+2 B+3 Al+3 Ga+3 In+3 Si+4 Ge+4 Sc+3 Y+3 Zr+4 Hf+4 Ta+5 "
    "La+3 Pr+3 Nd+3 Sm+3 Gd+3 Tb+3 Dy+3 Ho+3 Er+3 Tm+3 Lu+3"
)

SHANNON = "Shannon, Acta Crystallogr. A 32 (1976) 751, doi 10.1107/S0567739476001551; through pymatgen"
WARD = (
    "Ward et al., npj Comput. Mater. 2 (2016) 16028, doi 10.1038/npjcompumats.2016.28; matminer MagpieData, no imputing"
)
GAULTOIS = (
    "Gaultois et al., Chem. Mater. 25 (2013) 2911, doi 10.1021/cm400893e; through pymatgen; H (missing there) as O"
)
SOURCES = (
    ("elements", "pauling", "", "Pauling electronegativity", "CRC Handbook of Chemistry and Physics; through pymatgen"),
    (
        "elements", "allen", "", "Allen electronegativity, Pauling units",
        "Mann, Meek, Allen, J. Am. Chem. Soc. 122 (2000) 2780 and 5132, doi 10.1021/ja992866e, 10.1021/ja9928677; "
        "La to Yb, absent there: 0.169 x first ionisation energy in eV (configuration 6s2), NIST doi 10.18434/T4W30F",
    ),
    (
        "elements", "metallic_radius_pm", "pm", "metallic radius, 12 neighbours",
        "Kaye and Laby, Tables of Physical and Chemical Constants, 16th ed. (1995), section 3.7.5, through mendeleev; "
        "Ce to Lu and Th to Pu: Greenwood and Earnshaw, Chemistry of the Elements, through pymatgen",
    ),
    ("elements", "melting_point_K", "K", "melting point", WARD),
    (
        "elements", "vec", "", "valence electrons, d electrons included: group number, minus 10 from group 13 on; "
        "lanthanides and actinides 3", "Guo et al., J. Appl. Phys. 109 (2011) 103505, doi 10.1063/1.3587228",
    ),
    ("elements", "group", "", "group of the periodic table (lanthanides and actinides 3)", "IUPAC"),
    ("elements", "f_block", "", "1 for lanthanides and actinides", "IUPAC"),
    ("shannon", "ionic_radius_angstrom", "angstrom", "effective ionic radius by charge, coordination and spin",
     SHANNON + "; Sn2+: Ahrens, Geochim. Cosmochim. Acta 2 (1952) 155, doi 10.1016/0016-7037(52)90004-5"),
    ("miedema", "mixing_enthalpy_kJ_mol", "kJ/mol", "mixing enthalpy of the equimolar binary liquid",
     "Takeuchi and Inoue, Mater. Trans. 46 (2005) 2817, doi 10.2320/matertrans.46.2817; through matminer"),
    ("supply", "cost_usd_per_kg", "USD/kg", "price of the element, lower end of the range",
     "Prices of chemical elements, Wikipedia revision 1262554464 (CC BY-SA 4.0), through mendeleev; V (the pure metal "
     "there): 26.6, the price of vanadium in its compounds, through pymatgen's cost table"),
    ("supply", "crustal_abundance_ppm", "mg/kg", "mass fraction in the continental crust",
     "CRC Handbook of Chemistry and Physics, 95th ed. (2014), section 14; through mendeleev"),
    ("supply", "hhi_production", "", "Herfindahl-Hirschman index of production by country, 0 to 10000", GAULTOIS),
    ("supply", "hhi_reserve", "", "Herfindahl-Hirschman index of reserves by country, 0 to 10000", GAULTOIS),
    ("supply", "toxicity_class", "", "3: ICH class 1, 2: classes 2A and 2B, 1: class 3, 0: none of these",
     "ICH guideline Q3D(R2) for elemental impurities (2022), table 5.1"),
    ("ion_roles", "jahn_teller", "", "1: Jahn-Teller-active in an octahedron",
     "Goodenough, J. Phys. Chem. Solids 25 (1964) 151; d4 and d9 high spin, d7 low spin"),
    ("ion_roles", "pinning", "", "1: high-valence ion that holds the framework",
     "list of the field: d0 and d10 ions of charge 4 or more used as structural pillars"),
    ("ion_roles", "inactive", "", "1: ion with no accessible redox step between 1 and 5 V against Li",
     "closed-shell ions; standard potentials in Bratsch, J. Phys. Chem. Ref. Data 18 (1989) 1, doi 10.1063/1.555839"),
    *(("magpie", name, "", f"Magpie property {name}", WARD) for name in PROPERTIES),
)  # fmt: skip


def package_folder(name: str) -> Path:
    """Folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"package {name} must be installed to rebuild the tables; got none; run: pip install {name}")
    return Path(spec.origin).parent


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write one table; None becomes an empty cell."""
    with (TABLES / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])


def number(value: float | None) -> str | None:
    """Shortest text that reads back as the same double; whole numbers without a decimal point."""
    return None if value is None or value != value else repr(int(value) if value == int(value) else float(value))


def group_of(symbol: str, Z: int, magpie: dict[str, dict[str, float]]) -> int:
    """Group of the periodic table, 3 for the f block."""
    return 3 if 57 <= Z <= 71 or Z >= 89 else int(magpie["Column"][symbol])


def main() -> None:
    """Write every table."""
    from matminer.utils.data import MagpieData

    core = package_folder("pymatgen.core")
    analysis = core.parent / "analysis"
    periodic: dict[str, Any] = json.loads(gzip.decompress((core / "periodic_table.json.gz").read_bytes()))
    magpie = MagpieData(impute_nan=False).all_elemental_props
    with sqlite3.connect(package_folder("mendeleev") / "elements.db") as db:
        query = "select symbol, metallic_radius_c12, price_per_kg, abundance_crust from elements"
        mendeleev = {row[0]: row[1:] for row in db.execute(query)}
    symbols = {int(magpie["Number"][s]): s for s in magpie["Number"] if magpie["Number"][s] <= LAST_Z}
    symbols = dict(sorted(symbols.items()))

    rows: list[Sequence[object]] = []
    for Z, s in symbols.items():
        allen = magpie["AllenElectronegativity"][s] if Z <= 56 else ALLEN_HEAVY.get(s)
        if s in FIRST_IONISATION_EV:
            allen = round(ALLEN_PER_EV * FIRST_IONISATION_EV[s], 3)
        metallic = mendeleev[s][0] or (
            100 * periodic[s]["Metallic radius"] if "Metallic radius" in periodic[s] else None
        )
        group = group_of(s, Z, magpie)
        f_block = int(58 <= Z <= 71 or Z >= 90)
        rows.append((
            s, Z, number(periodic[s].get("X")), number(allen), number(round(metallic, 1) if metallic else None),
            number(magpie["MeltingT"][s]), group if group <= 12 else group - 10, group, f_block,
        ))  # fmt: skip
    header = ("symbol", "Z", "pauling", "allen", "metallic_radius_pm", "melting_point_K", "vec", "group", "f_block")
    write("elements", header, rows)

    radii: list[tuple[str, int, str, str, float]] = [*EXTRA_RADII]
    for s in symbols.values():
        shannon = periodic[s].get("Shannon radii") or {}
        for charge, sites in ((q, sites) for q, sites in shannon.items() if q):
            for site, spins in sites.items():
                spin_radii = {spin: v["ionic_radius"] for spin, v in spins.items()}
                radii += [
                    (s, int(charge), site, spin.removesuffix(" Spin").lower(), r) for spin, r in spin_radii.items()
                ]
    order = {s: Z for Z, s in symbols.items()}
    radii.sort(key=lambda row: (order[row[0]], *row[1:4]))
    write("shannon", ("symbol", "charge", "coordination", "spin", "ionic_radius_angstrom"), radii)

    lines = (package_folder("matminer") / "utils/data_files/MiedemaLiquidDeltaHf.tsv").read_text().split("\n")[1:]
    pairs = [line.split() for line in lines if line]
    write("miedema", ("a", "b", "mixing_enthalpy_kJ_mol"), [(a, b, number(float(h))) for a, b, h in pairs])

    hhi_lines = (line.split(",") for line in (analysis / "hhi_data.csv").read_text().split() if line[0] != "#")
    hhi = {line[0]: (float(line[1]), float(line[2])) for line in hhi_lines}
    hhi["H"] = hhi["O"]
    with (analysis / "costdb_elements.csv").open(encoding="utf-8") as file:
        cost = {row[0]: float(row[1]) for row in csv.reader(file, quotechar="|")}
    prices = {s: mendeleev[s][1] for s in symbols.values()} | {"V": round(cost["V"], 1)}
    toxicity = {s: level for level, names in TOXICITY.items() for s in names.split()}
    write(
        "supply",
        ("symbol", "cost_usd_per_kg", "crustal_abundance_ppm", "hhi_production", "hhi_reserve", "toxicity_class"),
        [
            (s, number(prices[s]), number(mendeleev[s][2]), *map(number, hhi.get(s, (None, None))), toxicity.get(s, 0))
            for s in symbols.values()
        ],
    )

    roles = [text.split() for text in (JAHN_TELLER, PINNING, INACTIVE)]
    ions = sorted({ion for role in roles for ion in role}, key=lambda ion: (order[ion.split("+")[0]], ion))
    role_rows = [(*ion.split("+"), *(int(ion in role) for role in roles)) for ion in ions]
    write("ion_roles", ("symbol", "charge", "jahn_teller", "pinning", "inactive"), role_rows)

    write(
        "magpie", ("symbol", *PROPERTIES), [(s, *(number(magpie[p][s]) for p in PROPERTIES)) for s in symbols.values()]
    )
    write("sources", ("table", "column", "unit", "meaning", "source"), SOURCES)


if __name__ == "__main__":
    main()
