"""Arrays from outside to the fields of a batch: shapes, names and amounts are checked, memory is shared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemml.arrays import FloatArray, StrArray
from hemml.composition.layout import BatchParts
from hemml.composition.material import check_working_ion
from hemml.composition.units import UNITS, species_atoms
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import InputError, UnknownNameError


def checked_parts(
    elements: Sequence[str],
    *,
    cation: FloatArray | None,
    cation_sites: FloatArray | None,
    mobile: FloatArray | None,
    alloy: FloatArray | None,
    anion: FloatArray | None,
    anion_species: Sequence[str],
    molecule: FloatArray | None,
    molecule_species: Sequence[str],
    cation_vacancy: FloatArray | None,
    mobile_vacancy: FloatArray | None,
    anion_vacancy: FloatArray | None,
    working_ion: Sequence[str | None] | str | None,
) -> BatchParts:
    """Check what `CompositionBatch.from_arrays` was given; see there.

    Raises:
        InputError: Shapes, amounts or names cannot be used.
    """
    columns = _checked_names("elements", elements, ATOMIC_NUMBER)
    anions = _checked_names("anion_species", anion_species, {**ATOMIC_NUMBER, **UNITS})
    molecules = _checked_names("molecule_species", molecule_species, None)
    if cation is not None and cation_sites is not None:
        raise InputError("cations must be given as cation or as cation_sites; got both; leave one out")
    k, name = len(columns), "cation" if cation_sites is None else "cation_sites"
    if cation is not None:
        cation_sites = _array("cation", cation, 2)[:, None, :]
    given = {name: cation_sites, "mobile": mobile, "alloy": alloy, "anion": anion, "molecule": molecule}
    present = [np.asarray(array) for array in given.values() if array is not None]
    if not present or present[0].ndim == 0:
        raise InputError("at least one of cation, cation_sites, mobile, alloy, anion must be given; got none")
    n = len(present[0])

    sites = np.shape(cation_sites)[1] if cation_sites is not None and np.ndim(cation_sites) == 3 else 0
    cation_array = _checked(name, cation_sites, (n, sites, k))
    mobile_array = _checked("mobile", mobile, (n, k))
    alloy_array = _checked("alloy", alloy, (n, k))
    anion_array = _checked("anion", anion, (n, len(anions)))
    molecule_array = _checked("molecule", molecule, (n, len(molecules)))
    filled = np.zeros(n, dtype=np.bool_)
    for array in (cation_array, mobile_array, alloy_array, anion_array, molecule_array):
        if not is_zero_view(array):
            filled |= array.reshape(n, -1) @ np.ones(array[:1].size) > 0.0
    if not filled.all():
        row = int(np.argmin(filled))
        raise InputError(f"row {row} must hold at least one atom; got zeros only; remove the row")

    atoms = {symbol for species in (*anions, *molecules) for symbol in species_atoms(species)}
    ordered = tuple(sorted({*columns, *atoms}, key=ATOMIC_NUMBER.__getitem__))
    return {
        "elements": ordered,
        "cation_sites": _reordered(cation_array, columns, ordered),
        "mobile": _reordered(mobile_array, columns, ordered),
        "alloy": _reordered(alloy_array, columns, ordered),
        "anion_species": anions,
        "anion": anion_array,
        "molecule_species": molecules,
        "molecule": molecule_array,
        "cation_vacancy": _checked("cation_vacancy", cation_vacancy, (n, sites)),
        "mobile_vacancy": _checked("mobile_vacancy", mobile_vacancy, (n,)),
        "anion_vacancy": _checked("anion_vacancy", anion_vacancy, (n,)),
        "working_ion": _ions(working_ion, n),
    }


def _checked_names(
    field: str, names: Sequence[str], known: dict[str, object] | dict[str, int] | None
) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InputError(f"{field} must be a sequence of names; got the text {names!r}; put it in a list")
    for name in names:
        if known is None:
            species_atoms(name)
        elif name not in known:
            raise UnknownNameError(f"name in {field}", str(name), known)
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InputError(f"{field} must name each column once; got {twice!r} twice; add the columns up")
    return tuple(map(str, names))


def _array(field: str, given: FloatArray, ndim: int) -> FloatArray:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise InputError(f"{field} must be an array of numbers; got {type(given).__name__}: {err}") from err
    if array.ndim != ndim:
        raise InputError(f"{field} must have {ndim} dimensions; got shape {array.shape}")
    return array


def _checked(field: str, given: FloatArray | None, shape: tuple[int, ...]) -> FloatArray:
    """The array as read-only float64 view of that shape, or zeros that take no memory."""
    if given is None:
        return np.broadcast_to(0.0, shape)
    array = _array(field, given, len(shape))
    if array.shape != shape:
        shown = (shape[0], shape[2]) if field == "cation" else shape
        got = (array.shape[0], array.shape[2]) if field == "cation" else array.shape
        raise InputError(f"{field} must have shape {shown}, as the names and the other arrays say; got {got}")
    # The extremes show every bad amount in two passes without a temporary array; NaN fails both comparisons.
    if array.size and not (array.min() >= 0.0 and array.max() < np.inf):
        bad = ~((array >= 0.0) & (array < np.inf))
        row = int(np.argmax(bad.reshape(shape[0], -1).any(axis=1)))
        value = float(array[row][bad[row]].flat[0])
        raise InputError(f"{field}, row {row}: amounts must be finite and not negative; got {value}")
    view = array.view()
    view.flags.writeable = False
    return view


def _reordered(array: FloatArray, columns: tuple[str, ...], ordered: tuple[str, ...]) -> FloatArray:
    if columns == ordered:
        return array
    shape = (*array.shape[:-1], len(ordered))
    if is_zero_view(array):
        return np.broadcast_to(0.0, shape)
    out = np.zeros(shape)
    places = [ordered.index(symbol) for symbol in columns]
    in_a_row = places == list(range(places[0], places[0] + len(places)))
    out[..., slice(places[0], places[-1] + 1) if in_a_row else places] = array
    out.flags.writeable = False
    return out


def is_zero_view(array: FloatArray) -> bool:
    """Whether an array is zero everywhere and says so by its strides alone, without being looked through."""
    return array.size == 0 or (not any(array.strides) and array.flat[0] == 0.0)


def _ions(given: Sequence[str | None] | str | None, n: int) -> StrArray:
    if given is None or isinstance(given, str):
        return np.full(n, check_working_ion(given) or "", dtype="<U3")
    ions = np.asarray([ion or "" for ion in given], dtype=np.str_)
    if ions.shape != (n,):
        raise InputError(f"working_ion must be one name or {n}, one a row; got {len(ions)}")
    for ion in np.unique(ions):
        check_working_ion(str(ion))
    return ions.astype("<U3")
