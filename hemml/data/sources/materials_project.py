"""Computed insertion electrodes of the Materials Project, through its own client and with the user's own key."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hemml.data.loading import sha256_of
from hemml.errors import DataError, HemmlError, InputError
from hemml.files import atomic_write_text

KEY_VARIABLE: Final = "MP_API_KEY"
LICENCE: Final = "CC BY 4.0"
CITATION: Final = "A. Jain et al., APL Mater. 2013, 1, 011002, doi 10.1063/1.4812323"
SITE: Final = "https://materialsproject.org"

# Column of the table -> field of an electrode document (emmet's InsertionElectrodeDoc).
_FIELDS: Final[Mapping[str, str]] = {
    "battery_id": "battery_id",
    "working_ion": "working_ion",
    "formula_charge": "formula_charge",
    "formula_discharge": "formula_discharge",
    "max_delta_volume_fraction": "max_delta_volume",
    "average_voltage_V": "average_voltage",
    "capacity_mAh_g": "capacity_grav",
    "capacity_mAh_cm3": "capacity_vol",
    "energy_Wh_kg": "energy_grav",
    "energy_Wh_L": "energy_vol",
    "stability_charge_eV_atom": "stability_charge",
    "stability_discharge_eV_atom": "stability_discharge",
    "n_steps": "num_steps",
    "max_voltage_step_V": "max_voltage_step",
    "host_system": "chemsys",
}
COLUMNS: Final = tuple(_FIELDS)
# Newer documents work their id out of these two; older ones hold it.
_ID_FIELDS: Final = ("battery_id", "material_ids", "working_ion")
_REQUIRED: Final = (
    "battery_id",
    "working_ion",
    "formula_charge",
    "formula_discharge",
    "average_voltage_V",
    "host_system",
)


@dataclass(frozen=True)
class Electrodes:
    """What was fetched.

    Attributes:
        rows: Cells by column of `COLUMNS`, sorted by id; an empty cell is not stated.
        left_out: Documents without a formula, an ion, a voltage or a host.
        database: Version of the database, empty where the client does not tell.
    """

    rows: tuple[tuple[str, ...], ...]
    left_out: int
    database: str


def fetch_electrodes() -> Electrodes:
    """Fetch all insertion electrodes.

    Raises:
        InputError: The package mp-api is not installed, or there is no key in the environment.
        HemmlError: The Materials Project refuses the key, cannot be reached, or answers with something else.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    try:
        from mp_api.client import MPRester
        from mp_api.client.core import MPRestError
    except ImportError as err:
        raise InputError(
            "fetching from the Materials Project needs the package mp-api, which is not installed; "
            "install it with: pip install 'hemml[materials-project]'"
        ) from err
    if not key:
        raise InputError(
            f"environment variable {KEY_VARIABLE}: must hold your own key of the Materials Project, got none; get one "
            f"at {SITE}/api and set it (export {KEY_VARIABLE}=...)"
        )
    try:
        with MPRester(api_key=key) as client:
            return read_documents(client)
    except (MPRestError, OSError) as err:
        # The text of an error may repeat the request, and with it the key. For the same reason it is not chained.
        reason = f"{type(err).__name__}: {str(err).replace(key, '***')[:300]}"
    raise HemmlError(
        f"the Materials Project must answer with insertion electrodes, got {reason}; "
        f"check the key in {KEY_VARIABLE} and the connection, or try later"
    )


def read_documents(client: Any) -> Electrodes:
    """Ask a client for all insertion electrodes and read their documents.

    Args:
        client: An open `mp_api.client.MPRester`.

    Raises:
        DataError: There are none, or the client does not know a field that is needed.
    """
    electrodes = client.materials.insertion_electrodes
    known = set(electrodes.available_fields)
    wanted = [field for field in dict.fromkeys((*_FIELDS.values(), *_ID_FIELDS)) if field in known]
    needed = [_FIELDS[name] for name in _REQUIRED if name != "battery_id"]
    if unknown := [field for field in needed if field not in known]:
        raise DataError(
            f"mp-api must know the field {unknown[0]} of insertion electrodes, got a client without it; "
            "install the version that hemml asks for: pip install 'hemml[materials-project]'"
        )
    rows, left_out = [], 0
    for document in electrodes.search(all_fields=False, fields=wanted):
        cells = {name: _cell(_value(document, field)) for name, field in _FIELDS.items()}
        if all(cells[name] for name in _REQUIRED):
            rows.append(tuple(cells[name] for name in COLUMNS))
        else:
            left_out += 1
    if not rows:
        raise DataError(
            f"insertion electrodes of the Materials Project must be at least one, got none that states what is needed "
            f"({left_out} left out); try later"
        )
    return Electrodes(tuple(sorted(rows)), left_out, str(getattr(client, "db_version", None) or ""))


def write_electrodes(found: Electrodes, path: Path) -> Path:
    """Write the table, and beside it where it comes from and how to cite it; each file whole or not at all.

    Returns:
        The file with source, licence and citation.
    """
    atomic_write_text(path, _csv_text((COLUMNS, *found.rows)))
    about = {
        "source": f"Materials Project, battery explorer, {SITE}",
        "licence": LICENCE,
        "citation": CITATION,
        "database_version": found.database,
        "retrieved": datetime.now(UTC).date().isoformat(),
        "rows": len(found.rows),
        "sha256": sha256_of(path),
    }
    note = source_file(path)
    atomic_write_text(note, json.dumps(about, indent=1) + "\n")
    return note


def source_file(path: Path) -> Path:
    """Where the source of a table is written."""
    return path.with_suffix(".source.json")


def is_electrode_table(path: Path) -> bool:
    """Whether a file begins with the columns of such a table."""
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        return tuple(next(csv.reader([stream.readline()]), [])) == COLUMNS


def _value(document: Any, field: str) -> object:
    try:
        return getattr(document, field, None)
    except ValueError:  # a newer document that cannot work out its id
        return None


def _cell(value: object) -> str:
    """A value as text, empty where it is not stated; elements by their symbol."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def _csv_text(rows: Iterable[tuple[str, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
