"""The average effect of each element: a fifth of the cations of typical published hosts given to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import ROLES, WORKING_IONS, Column
from hemml.composition import Material
from hemml.errors import InputError, UnknownNameError
from hemml.explanation.changes import balanced, change_unit, charge_strains, is_relative
from hemml.explanation.substitution import alternatives, diluted, site_counts, with_amounts
from hemml.models.targets import TARGETS

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictor

SHARE: Final = 0.2
LEAST_HOSTS: Final = 5
_RESAMPLES: Final = 1000
_LEAST_TO_SAMPLE: Final = 20
COLUMNS: Final = (
    "ion", "role", "element", "target", "effect", "lower", "upper", "unit", "n_hosts", "n_records", "n_own",
)  # fmt: skip


def element_effects(
    predictor: Predictor,
    hosts: pd.DataFrame | None = None,
    *,
    ions: Sequence[str] = ("Zn", "Na", "Li"),
    roles: Sequence[str] = ROLES,
    targets: Sequence[str] = (),
    share: float = SHARE,
    n_hosts: int = 40,
    level: float = 0.9,
    seed: int = 0,
) -> pd.DataFrame:
    """Average paired change of a prediction when an element takes a fifth of the cation sites of published hosts.

    Each host is compared with itself under its own test conditions. Oxygen and mobile ions stay, so an element of
    another charge is balanced by the others on the redox ladder; pairs where they cannot are left out. Effects are what
    the model learned from literature, not what an element causes: elements come with families, papers and methods.

    Args:
        predictor: The models.
        hosts: Published electrodes typed as by `hemml.data.typed`; None: the data set that comes with hemml.
        ions: Working ions.
        roles: Roles; a combination of ion and role with fewer than 20 hosts is left out.
        targets: Targets; all by default.
        share: Share of the sites of the largest cation sublattice that the element takes, from all others alike.
        n_hosts: Most hosts to draw for each combination.
        level: Level of the bootstrap intervals of the average over hosts. They say how alike hosts respond, not how far
            the model may be off.
        seed: Seed of the drawing of hosts and of the bootstrap.

    Returns:
        One row an ion, role, element and target: effect, lower, upper in `unit` (% for capacity, V, percentage points
        for retention), n_hosts that could be balanced, n_records (training records with the element on cation sites)
        and n_own (rows of `hosts` of that ion and role with it). Effects are NaN with fewer than 5 hosts.

    Raises:
        InputError: No combination has hosts enough, or an argument is out of range.
        UnknownNameError: An ion, role or target is unknown.
    """
    import pandas as pd

    wanted = _checked(predictor, ions, roles, targets, share, n_hosts)
    if hosts is None:
        from hemml.data import load_default

        hosts = load_default()
    counts = site_counts(predictor)["cation"]
    rng = np.random.default_rng(seed)
    parts = []
    for ion in ions:
        for role in roles:
            drawn, own = _draw(hosts, ion, role, n_hosts, rng)
            if drawn is not None:
                parts += _effects(predictor, drawn, (counts, own), wanted, share, level, rng)
    if not parts:
        raise InputError(
            f"hosts must be {_LEAST_TO_SAMPLE} or more of one ion and role, got fewer for {', '.join(ions)}; "
            "choose another ion, or give a larger table"
        )
    return pd.DataFrame(parts, columns=list(COLUMNS))


def _checked(
    predictor: Predictor,
    ions: Sequence[str],
    roles: Sequence[str],
    targets: Sequence[str],
    share: float,
    n_hosts: int,
) -> tuple[Column, ...]:
    for kind, names, known in (
        ("working ion", ions, WORKING_IONS),
        ("role", roles, ROLES),
        ("target", targets, predictor.targets),
    ):
        if unknown := [name for name in names if name not in known]:
            raise UnknownNameError(kind, unknown[0], known)
    if not 0 < share < 1:
        raise InputError(f"share must be above 0 and below 1, got {share:g}")
    if n_hosts < _LEAST_TO_SAMPLE:
        raise InputError(f"n_hosts must be {_LEAST_TO_SAMPLE} or more, got {n_hosts}")
    return tuple(target for target in predictor.targets if not targets or target in targets)


def _draw(
    hosts: pd.DataFrame, ion: str, role: str, n: int, rng: np.random.Generator
) -> tuple[pd.DataFrame | None, Counter[str]]:
    """Some hosts of one ion and role, each formula once (None where there are too few), and all their elements."""
    use = (hosts[Column.WORKING_ION] == ion) & (hosts[Column.ROLE] == role)
    own = hosts[use.to_numpy()]
    materials = {formula: Material.parse(formula, ion) for formula in own[Column.FORMULA].unique()}
    counts: Counter[str] = Counter()
    for formula in own[Column.FORMULA]:
        counts.update({e for s in materials[formula].sublattices if s.label.startswith("cation") for e in s.amounts})
    known = own[[_place(materials[formula]) is not None for formula in own[Column.FORMULA]]]
    # A comparator is flagged as such to the model; the effect is asked for samples.
    known = known.drop_duplicates(str(Column.FORMULA)).assign(**{str(Column.IS_COMPARATOR): False})
    if len(known) < _LEAST_TO_SAMPLE:
        return None, counts
    return known.iloc[np.sort(rng.permutation(len(known))[:n])], counts


def _place(material: Material) -> int | None:
    """Index of the largest cation sublattice, None where there is none."""
    sites = [
        (s.sites, i) for i, s in enumerate(material.sublattices) if s.kind == "cation" and s.label.startswith("cation")
    ]
    return max(sites)[1] if sites else None


def _effects(
    predictor: Predictor,
    hosts: pd.DataFrame,
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    targets: Sequence[Column],
    share: float,
    level: float,
    rng: np.random.Generator,
) -> list[tuple[object, ...]]:
    full = predictor.complete(hosts)
    ion, role = str(full[Column.WORKING_ION].iloc[0]), str(full[Column.ROLE].iloc[0])
    elements = alternatives(counts[0], without=(ion,))
    host, element, formulas = _diluted_hosts(full[Column.FORMULA].tolist(), ion, elements, share)
    first = full[Column.FORMULA].tolist()
    charge = charge_strains([*first, *formulas], ion)
    use = balanced(charge[len(first) :], charge[: len(first)][host])
    host, element = host[use], element[use]
    rows = full.iloc[[*range(len(full)), *host.tolist()]].reset_index(drop=True)
    rows[Column.FORMULA.value] = [*first, *(f for f, kept in zip(formulas, use.tolist(), strict=True) if kept)]
    predicted = predictor.predict(rows)
    out: list[tuple[object, ...]] = []
    for target in targets:
        before, after = predicted.values[target][: len(full)][host], predicted.values[target][len(full) :]
        for j, symbol in enumerate(elements):
            of_element = element == j
            n = int(of_element.sum())
            middle, low, high = _average(target, before[of_element], after[of_element], level, rng)
            records = [int(count.get(symbol, 0)) for count in counts]
            out.append((ion, role, symbol, str(target), middle, low, high, change_unit(target), n, *records))
    return out


def _diluted_hosts(
    formulas: Sequence[str], ion: str, elements: Sequence[str], share: float
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Index of the host, index of the element, and formula of each pair that can be written."""
    pairs: list[tuple[int, int, str]] = []
    for i, formula in enumerate(formulas):
        material = Material.parse(formula, ion)
        place = _place(material)
        if place is None:
            continue
        amounts = material.sublattices[place].amounts
        for j, symbol in enumerate(elements):
            text = with_amounts(material, place, diluted(amounts, symbol, share))
            if text is not None:
                pairs.append((i, j, text))
    return (
        np.array([i for i, _, _ in pairs], dtype=np.int64),
        np.array([j for _, j, _ in pairs], dtype=np.int64),
        [text for _, _, text in pairs],
    )


def _average(
    target: Column, before: FloatArray, after: FloatArray, level: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Average change in its unit and the bootstrap interval over hosts; NaN with fewer than 5 hosts."""
    if len(before) < LEAST_HOSTS:
        return (np.nan, np.nan, np.nan)
    percent = is_relative(target)
    scale = TARGETS[target].to_scale
    moved = scale(after) - scale(before) if percent else after - before
    means = moved[rng.integers(0, len(moved), (_RESAMPLES, len(moved)))].mean(axis=1)
    ends = np.array([moved.mean(), *np.quantile(means, [(1 - level) / 2, (1 + level) / 2])])
    middle, low, high = (100.0 * np.expm1(ends) if percent else ends).tolist()
    return middle, low, high
