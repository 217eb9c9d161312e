"""The rules that divide a formula into sublattices; each leaves a sentence that `hemml describe` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hemml.composition.anions import divide_nonmetals
from hemml.composition.cations import CationGroup, merge_cation_groups
from hemml.composition.formula import VACANCY, Formula
from hemml.composition.sites import CARBON_SITE, LOOSE, MOLECULE, NONMETALS, UNIT, Entry, list_sites
from hemml.errors import FormulaError

_MOBILE_ALKALI: Final = ("Li", "Na", "K")
_MOBILE_ALKALINE_EARTH: Final = ("Mg", "Ca")
# Large cations of perovskites and their like: an alkaline earth beside them is one of them.
_LARGE_CATIONS: Final = frozenset({"Sr", "Ba", "Y", "Pb", "Bi", "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd"}) | frozenset(
    {"Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu"}
)
_INTERSTITIAL: Final = frozenset({"H", "B", "C", "N", "P", "As"})
_INTERSTITIAL_LIMIT: Final = 0.10


@dataclass(frozen=True, slots=True)
class Sublattice:
    """Species that share a kind of site.

    Attributes:
        kind: "cation", "anion", "mobile", "alloy" or "molecule".
        label: "cation", or "cation_1", "cation_2", ... when several; "hexacyanometallate" for the carbon-coordinated
            site of Prussian blues; "proton" for H+; otherwise the kind.
        amounts: Species (element or unit such as "PO4") -> amount per formula unit.
        vacancy: Vacancies written in the formula, per formula unit.
    """

    kind: str
    label: str
    amounts: Mapping[str, float]
    vacancy: float = 0.0

    @property
    def sites(self) -> float:
        """Occupied and vacant sites per formula unit."""
        return sum(self.amounts.values()) + self.vacancy

    @property
    def fractions(self) -> dict[str, float]:
        """Species -> fraction of the occupied and vacant sites; the vacancies' own share is left out."""
        sites = self.sites
        return {species: amount / sites for species, amount in self.amounts.items()}


def assign_sublattices(
    formula: Formula, working_ion: str | None
) -> tuple[tuple[Sublattice, ...], str | None, tuple[str, ...]]:
    """Divide a formula into sublattices.

    Args:
        formula: As read.
        working_ion: Given by the user; None: to be found.

    Returns:
        The sublattices, the working ion (given or found), and a sentence for each rule applied.

    Raises:
        FormulaError: A vacancy stands where there is no sublattice that could have one.
    """
    sites = list_sites(formula, working_ion)
    rules = [*formula.notes, *sites.notes]
    sums = _Sums(sites.entries)
    if sums.anion_units or sums.molecules:
        rules.insert(0, f"Kept whole as units: {', '.join([*sums.anion_units, *sums.molecules])}.")
    if _is_alloy(sums):
        return _alloy(formula, sums, working_ion, rules)

    has_cations = bool(sums.metals or sums.brackets or sums.carbon)
    hydrogen_moves = working_ion == "H" and bool(sums.anion_units or len(sums.nonmetals) > 1)
    static = {s: a for s, a in sums.nonmetals.items() if s != "H"} if hydrogen_moves else sums.nonmetals
    nonmetals = divide_nonmetals(static, sites.entries, has_cations=has_cations)
    rules += nonmetals.rules
    anions = nonmetals.anions | sums.anion_units
    if anions:
        rules.append(f"Anion sublattice: {', '.join(anions)}.")

    mobile, found_ion, sentence = _mobile(
        sums, working_ion, others=has_cations or bool(nonmetals.centres), hydrogen_moves=hydrogen_moves
    )
    rules.append(sentence)
    on_mobile = {mobile: sums.loose[mobile]} if mobile else {}
    loose = {
        s: a for s, a in sums.loose.items() if s != mobile and s not in nonmetals.anions and s not in nonmetals.protons
    }
    groups = _cation_groups(sites.entries, loose, sums.brackets)
    cations, where, sentences = merge_cation_groups(groups)
    rules += sentences

    out = [Sublattice("mobile", "mobile", on_mobile)] if on_mobile else []
    several = len(cations) > 1
    out += [
        Sublattice("cation", f"cation_{i}" if several else "cation", amounts) for i, amounts in enumerate(cations, 1)
    ]
    if sums.carbon:
        out.append(Sublattice("cation", "hexacyanometallate", sums.carbon))
    if nonmetals.protons:
        out.append(Sublattice("cation", "proton", dict(nonmetals.protons)))
    if anions:
        out.append(Sublattice("anion", "anion", anions))
    if sums.molecules:
        out.append(Sublattice("molecule", "molecule", sums.molecules))
    if sums.has_vacancy:
        rules += _place_vacancies(formula, sites.entries, out, where)
    return tuple(out), found_ion, tuple(rules)


class _Sums:
    """Entries added up by place."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.loose: dict[str, float] = {}
        self.brackets: dict[int, dict[str, float]] = {}
        self.anion_units: dict[str, float] = {}
        self.molecules: dict[str, float] = {}
        self.carbon: dict[str, float] = {}
        self.has_vacancy = False
        places = {UNIT: self.anion_units, MOLECULE: self.molecules, CARBON_SITE: self.carbon, LOOSE: self.loose}
        for species, amount, site in entries:
            if species == VACANCY:
                self.has_vacancy = True
                continue
            if site > LOOSE and site not in places:
                places[site] = self.brackets[site] = {}
            place = places[site]
            place[species] = place[species] + amount if species in place else amount
        self.metals = {s: a for s, a in self.loose.items() if s not in NONMETALS}
        self.nonmetals = {s: a for s, a in self.loose.items() if s in NONMETALS}


def _is_alloy(sums: _Sums) -> bool:
    """No anion at all, a single element, or metals with at most 10 at.% of interstitial elements."""
    if sums.anion_units or not (sums.loose or sums.brackets):
        return False
    if not sums.nonmetals:
        return True
    if sums.molecules:
        return False
    if len(sums.loose) == 1 and not sums.brackets:
        return True
    if not _INTERSTITIAL.issuperset(sums.nonmetals):
        return False
    total = sum(sums.loose.values()) + sum(sum(bracket.values()) for bracket in sums.brackets.values())
    return sum(sums.nonmetals.values()) <= _INTERSTITIAL_LIMIT * total


def _alloy(
    formula: Formula, sums: _Sums, working_ion: str | None, rules: list[str]
) -> tuple[tuple[Sublattice, ...], str | None, tuple[str, ...]]:
    if sums.has_vacancy:
        position = max(formula.text.find(mark) for mark in (VACANCY, "Vac", "["))
        raise FormulaError(formula.text, max(position, 0), "a vacancy in an alloy", "vacancies in compounds only")
    amounts = dict(sums.loose)
    for bracket in sums.brackets.values():
        for species, amount in bracket.items():
            amounts[species] = amounts.get(species, 0.0) + amount
    rules.append(f"No anion: {', '.join(amounts)} form one alloy sublattice, the working ion included.")
    out = [Sublattice("alloy", "alloy", amounts)]
    if sums.molecules:
        out.append(Sublattice("molecule", "molecule", sums.molecules))
    return tuple(out), working_ion, tuple(rules)


def _mobile(
    sums: _Sums, given: str | None, *, others: bool, hydrogen_moves: bool
) -> tuple[str | None, str | None, str]:
    """The mobile element, the working ion, and the sentence that says why."""
    loose = sums.loose
    if given is not None and given in loose and (given != "H" or hydrogen_moves):
        return given, given, f"Mobile: {given}, the given working ion, outside cation brackets."
    if given is not None and given in sums.molecules:
        return None, given, f"The given working ion {given} is kept whole under molecules."
    alkali = [s for s in sums.metals if s in _MOBILE_ALKALI]
    if alkali:
        largest = max(alkali, key=lambda s: loose[s])
        if given is not None:
            why = f"the alkali metal outside cation brackets; the given working ion {given} is not there"
            return largest, given, f"Mobile: {largest}, {why}."
        why = "the largest amount of the" if len(alkali) > 1 else "the"
        return (
            largest,
            largest,
            f"Mobile: {largest}, {why} alkali metal outside cation brackets (no working ion given).",
        )
    if given is not None:
        return None, given, f"No mobile species: the given working ion {given} is not outside cation brackets."
    earths = [s for s in sums.metals if s in _MOBILE_ALKALINE_EARTH]
    if len(earths) == 1 and others and _is_guest(earths[0], sums):
        why = "the one alkaline-earth metal outside cation brackets (no working ion given)"
        return earths[0], earths[0], f"Mobile: {earths[0]}, {why}."
    return None, None, "No mobile species: no alkali metal outside cation brackets, no working ion given."


def _is_guest(earth: str, sums: _Sums) -> bool:
    """Whether an alkaline earth stands apart: not alone, not on a perovskite's A site, not one of five equal metals."""
    metals = sums.metals
    if len(metals) + len(sums.brackets) + len(sums.carbon) == 1 or not _LARGE_CATIONS.isdisjoint(metals):
        return False
    equal = sum(abs(amount - metals[earth]) < 1e-9 for amount in metals.values())
    return equal < 5


def _cation_groups(
    entries: Sequence[Entry], loose: dict[str, float], brackets: Mapping[int, dict[str, float]]
) -> list[CationGroup]:
    """Loose cations as one group and each bracket as one, in the order written."""
    groups = [CationGroup(LOOSE, 0, loose)] if loose else []
    if brackets:
        first: dict[int, int] = {}
        for i, (species, _, site) in enumerate(entries):
            if site > LOOSE or (site == LOOSE and species in loose):
                first.setdefault(site, i)
        groups += [CationGroup(site, 0, amounts) for site, amounts in brackets.items()]
        for group in groups:
            group.first = first[group.site]
        groups.sort(key=lambda group: group.first)
    return groups


def _place_vacancies(
    formula: Formula, entries: Sequence[Entry], out: list[Sublattice], where: Mapping[int, int]
) -> list[str]:
    """Give each vacancy to the sublattice of its bracket, else of the species before it, else of the one behind."""
    extra = [0.0] * len(out)
    labels = [s.label for s in out]
    first_cation = next((j for j, label in enumerate(labels) if label.startswith("cation")), 0)
    rules = []
    for i, (species, amount, site) in enumerate(entries):
        if species != VACANCY:
            continue
        neighbours = [*reversed(entries[:i]), *entries[i + 1 :]]
        beside = next(e for e in neighbours if e.species != VACANCY and (site <= LOOSE or e.site == site))
        if "hexacyanometallate" in labels and (CARBON_SITE in {site, beside.site} or beside.species == "CN"):
            home = labels.index("hexacyanometallate")
        elif beside.site > LOOSE:
            home = first_cation + where[beside.site]
        else:
            home = next(j for j, s in enumerate(out) if beside.species in s.amounts)
        if out[home].kind == "molecule":
            found = f"a vacancy beside {beside.species}"
            raise FormulaError(formula.text, 0, found, "vacancies beside a cation, an anion or a mobile ion")
        extra[home] += amount
        rules.append(f"Vacancy beside {beside.species}: {amount:g} on the {labels[home]} sublattice.")
    for j, vacancy in enumerate(extra):
        if vacancy:
            out[j] = Sublattice(out[j].kind, out[j].label, out[j].amounts, vacancy)
    return rules
