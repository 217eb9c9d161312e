"""The columns of a table of electrodes, with label and unit, and the vocabularies of the text columns."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self


class Column(StrEnum):
    """A column of the data set; `label` and `unit` are what plots and reports print."""

    label: str
    unit: str

    def __new__(cls, value: str, label: str, unit: str = "") -> Self:
        """Make a member whose value is the column name."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.unit = unit
        return member

    RECORD_ID = "record_id", "Record"
    DOI = "doi", "DOI"
    URL = "url", "Page"
    TITLE = "title", "Title"
    YEAR = "year", "Year"
    SAMPLE = "sample", "Sample"
    FORMULA_REPORTED = "formula_reported", "Formula as printed"
    FORMULA = "formula", "Formula"
    FAMILY = "family", "Family"
    STRUCTURE = "structure", "Structure"
    ROLE = "role", "Role"
    WORKING_ION = "working_ion", "Working ion"
    ENTROPY_CLASS = "entropy_class", "Entropy class in the paper"
    IS_COMPARATOR = "is_comparator", "Comparator of its paper"
    CAPACITY = "capacity_mAh_g", "Capacity", "mAh/g"
    CAPACITY_CURRENT = "capacity_current_mA_g", "Current density of the capacity", "mA/g"
    CAPACITY_C_RATE = "capacity_c_rate", "C-rate of the capacity", "C"
    CAPACITY_KIND = "capacity_kind", "Kind of capacity"
    VOLTAGE_MIN = "voltage_min_V", "Lower voltage limit", "V"
    VOLTAGE_MAX = "voltage_max_V", "Upper voltage limit", "V"
    VOLTAGE = "average_voltage_V", "Average voltage", "V"
    RETENTION = "retention_pct", "Capacity retention", "%"
    RETENTION_CYCLES = "retention_cycles", "Cycles of the retention", "cycles"
    RETENTION_CURRENT = "retention_current_mA_g", "Current density of the cycling", "mA/g"
    RETENTION_C_RATE = "retention_c_rate", "C-rate of the cycling", "C"
    TEMPERATURE = "temperature_C", "Temperature", "degC"
    ELECTROLYTE = "electrolyte", "Electrolyte"
    EVIDENCE = "evidence", "Evidence"
    NOTES = "notes", "Notes"
    IS_FULL_CELL = "is_full_cell", "Full cell"
    FORMULA_QUALITY = "formula_quality", "Formula quality"
    IS_COMPOSITE = "is_composite", "Composite"
    VALUE_IS_APPROXIMATE = "value_is_approximate", "Approximate value"
    CAPACITY_AFTER_CYCLES = "capacity_after_cycles", "Cycles before the capacity", "cycles"


ENERGY_DENSITY: Final = "energy_density_Wh_kg"
"""Capacity times voltage: what objectives may name beside the targets."""

TARGETS: Final = (Column.CAPACITY, Column.VOLTAGE, Column.RETENTION)
# The test conditions that a prediction reads; measured values are never among them.
CONDITION_COLUMNS: Final = (
    Column.WORKING_ION,
    Column.ROLE,
    Column.FAMILY,
    Column.CAPACITY_CURRENT,
    Column.CAPACITY_C_RATE,
    Column.CAPACITY_KIND,
    Column.CAPACITY_AFTER_CYCLES,
    Column.VOLTAGE_MIN,
    Column.VOLTAGE_MAX,
    Column.RETENTION_CYCLES,
    Column.RETENTION_CURRENT,
    Column.RETENTION_C_RATE,
    Column.TEMPERATURE,
    Column.ELECTROLYTE,
    Column.IS_COMPOSITE,
    Column.IS_COMPARATOR,
    Column.VALUE_IS_APPROXIMATE,
    Column.NOTES,  # carbon, coating or doping that they mention
)

ROLES: Final = ("cathode", "anode")
WORKING_IONS: Final = ("Li", "Na", "K", "Zn", "Mg", "Ca", "Al", "NH4", "H")
FAMILIES: Final = (
    "layered_oxide",
    "spinel",
    "rocksalt",
    "perovskite",
    "disordered_rocksalt",
    "tunnel_oxide",
    "vanadium_oxide",
    "manganese_oxide",
    "prussian_blue",
    "polyanion",
    "olivine",
    "sulfide",
    "selenide",
    "fluoride",
    "oxyfluoride",
    "alloy",
    "phosphide",
    "mxene",
    "other",
)
CAPACITY_KINDS: Final = ("initial", "reversible", "after_cycles")
EVIDENCE_KINDS: Final = ("abstract", "text", "table", "review")
FORMULA_QUALITIES: Final = ("exact", "nominal", "host")
ENTROPY_CLASSES: Final = ("high", "medium", "low")
