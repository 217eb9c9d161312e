"""From the tree of a formula to a flat list of species, each with the place where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from hemml.composition.formula import VACANCY, Formula, Node
from hemml.composition.units import MOLECULES, UNIT_STARTERS, Match, match_unit

LOOSE: Final = 0
UNIT: Final = -1
MOLECULE: Final = -2
CARBON_SITE: Final = -3

ALKALI: Final = frozenset({"Li", "Na", "K", "Rb", "Cs"})
NONMETALS: Final = frozenset({"O", "F", "S", "Se", "Te", "Cl", "Br", "I", "N", "P", "C", "As", "H", "B"})
_MIXED_WITH_METALS: Final = frozenset({"B", "As", "Te"})
_MOBILE_ONLY: Final = ALKALI | {VACANCY}
_ORGANIC: Final = frozenset({"C", "H", "N", "O", "S", "F", "Cl", "Br", "I"})
# Between these metals C and N are single atoms (MXenes such as Ti3CN), not cyanide.
_CARBIDE_FORMERS: Final = frozenset({"Ti", "Zr", "Hf", "V", "Nb", "Ta", "Cr", "Mo", "W", "Sc", "Y"})


class Entry(NamedTuple):
    """One species at one place of a formula.

    Attributes:
        species: Element, unit or vacancy.
        amount: Amount per formula unit.
        site: `LOOSE`, the number of a cation bracket from 1 up, `UNIT`, `MOLECULE`, or `CARBON_SITE` (the metal that
            the carbon end of cyanide binds in Prussian blues).
    """

    species: str
    amount: float
    site: int


@dataclass(slots=True)
class SiteList:
    """The species of a formula in the order written, and sentences on what was recognised."""

    entries: list[Entry] = field(default_factory=list)
    brackets: int = 0
    notes: list[str] = field(default_factory=list)


def list_sites(formula: Formula, working_ion: str | None) -> SiteList:
    """Recognise units, cation brackets and the carbon-coordinated site of Prussian blues.

    A cation bracket holds metals, metalloids and vacancies only. A bracket that holds an anion or a unit only groups,
    and so does one with nothing but alkali metals or working ions in it.
    """
    sites = SiteList()
    _Walk(formula, working_ion, sites).row(formula.nodes, 1.0)
    return sites


class _Walk:
    def __init__(self, formula: Formula, working_ion: str | None, sites: SiteList) -> None:
        self.sites = sites
        self.entries = sites.entries
        self.amounts = formula.amounts
        self.working_ion = working_ion

    def cations(self, nodes: tuple[Node, ...], factor: float, bracket: int) -> None:
        for symbol, amount, items in nodes:
            if items:
                self.cations(items, factor * amount, bracket)
            else:
                self.entries.append(Entry(symbol, factor * amount, bracket))

    def row(self, nodes: tuple[Node, ...], factor: float, *, bracketed: bool = False) -> None:
        entries = self.entries
        i, n = 0, len(nodes)
        before, before_node = 0, -1  # where the entries of the last item that is no vacancy begin, and its index
        while i < n:
            node = nodes[i]
            symbol, amount, items = node
            start = len(entries)
            consumed = 1
            if items:
                if _is_cyanide(node):
                    self.cyanide(nodes, before_node, before, items[0].amount * amount, factor)
                else:
                    self.group(node, factor * amount)
            elif symbol in UNIT_STARTERS:
                found = match_unit(nodes, i, bracketed=bracketed)
                if found is None:
                    entries.append(Entry(symbol, amount * factor, LOOSE))
                elif found.units[0][0] == "CN":
                    if any(other.symbol in _CARBIDE_FORMERS for other in nodes):
                        entries.append(Entry(symbol, amount * factor, LOOSE))
                    else:
                        consumed = found.consumed
                        self.cyanide(nodes, before_node, before, found.units[0][1], factor)
                else:
                    consumed = found.consumed
                    self.units(found, factor)
            else:
                entries.append(Entry(symbol, amount * factor, LOOSE))
            if symbol != VACANCY:
                before, before_node = start, i
            i += consumed

    def units(self, found: Match, factor: float) -> None:
        self.entries.extend(Entry(symbol, amount * factor, LOOSE) for symbol, amount in found.loose)
        for label, amount in found.units:
            self.entries.append(Entry(label, amount * factor, MOLECULE if label in MOLECULES else UNIT))

    def group(self, node: Node, factor: float) -> None:
        symbols = _symbols(node)
        if node.symbol == "()" and self.is_cation_bracket(symbols):
            self.sites.brackets += 1
            self.cations(node.items, factor, self.sites.brackets)
        elif _is_molecule(node, symbols):
            label = molecule_label(node)
            self.entries.append(Entry(label, factor, MOLECULE))
            self.sites.notes.append(f"({label}) holds hydrogen with carbon or nitrogen: a molecule, charge taken as 0.")
        else:
            self.row(node.items, factor, bracketed=True)

    def is_cation_bracket(self, symbols: set[str]) -> bool:
        nonmetals = symbols & NONMETALS
        if nonmetals:
            # Tellurium, arsenic or boron among metals is a cation where oxygen or fluorine stands elsewhere.
            ligand = ("O" in self.amounts or "F" in self.amounts) and nonmetals <= _MIXED_WITH_METALS
            if not ligand or nonmetals == symbols - {VACANCY}:
                return False
        return not symbols <= _MOBILE_ONLY | {self.working_ion}

    def cyanide(self, nodes: tuple[Node, ...], before_node: int, before: int, cyanides: float, factor: float) -> None:
        """Add cyanide, and turn the metal written directly in front of it into the carbon-coordinated site.

        Six cyanides bind one metal; with four to six written per metal all of it counts (nitroprusside,
        tetracyanonickelate), with more metal the excess is nitrogen-coordinated (`Na0.69Fe2(CN)6`).
        """
        if before_node >= 0:
            node = nodes[before_node]
            metals = [e for e in self.entries[before:] if e.species != VACANCY]
            metal = sum(e.amount for e in metals) / factor
            is_metal = all(e.site >= LOOSE and e.species not in NONMETALS | ALKALI for e in metals)
            single = not node.items or (metals and metals[0].site > LOOSE)
            if metals and is_metal and single and cyanides >= 2.5 * metal:
                share = 1.0 if cyanides >= 4.0 * metal else cyanides / 6.0 / metal
                self.split_carbon_site(before, share)
        self.entries.append(Entry("CN", cyanides * factor, UNIT))

    def split_carbon_site(self, before: int, share: float) -> None:
        taken = self.entries[before:]
        del self.entries[before:]
        if share < 1.0:
            self.entries.extend(Entry(e.species, e.amount * (1.0 - share), e.site) for e in taken)
        self.entries.extend(Entry(e.species, e.amount * share, CARBON_SITE) for e in taken)
        names = ", ".join(dict.fromkeys(e.species for e in taken if e.species != VACANCY))
        self.sites.notes.append(f"Prussian blue: {names} in front of CN is the carbon-coordinated site.")


def molecule_label(node: Node) -> str:
    """Formula of a bracket with brackets multiplied out: carbon, hydrogen, then the alphabet."""
    amounts: dict[str, float] = {}
    _collect(node.items, 1.0, amounts)
    order = sorted(amounts, key=lambda symbol: ("CH".find(symbol) % 3, symbol))
    return "".join(s if amounts[s] == 1.0 else s + f"{amounts[s]:.9f}".rstrip("0").rstrip(".") for s in order)


def _collect(nodes: tuple[Node, ...], factor: float, amounts: dict[str, float]) -> None:
    for node in nodes:
        if node.items:
            _collect(node.items, factor * node.amount, amounts)
        else:
            amounts[node.symbol] = amounts.get(node.symbol, 0.0) + factor * node.amount


def _symbols(node: Node) -> set[str]:
    symbols: set[str] = set()
    for item in node.items:
        if item.items:
            symbols |= _symbols(item)
        else:
            symbols.add(item.symbol)
    return symbols


def _is_cyanide(node: Node) -> bool:
    items = node.items
    return len(items) == 2 and items[0] == ("C", 1.0, ()) and items[1] == ("N", 1.0, ())


def _is_molecule(node: Node, symbols: set[str]) -> bool:
    """An amine, an organic cation, ammonia: hydrogen with carbon or nitrogen that are not simply known units."""
    if "H" not in symbols or symbols.isdisjoint({"C", "N"}) or not symbols <= _ORGANIC:
        return False
    amounts: dict[str, float] = {}
    _collect(node.items, 1.0, amounts)
    if not all(1e-4 <= amount <= 1e4 for amount in amounts.values()):
        return False
    atoms = [item for item in node.items if not item.items]
    i = 0
    while i < len(atoms):
        found = match_unit(atoms, i, bracketed=True) if atoms[i].symbol in UNIT_STARTERS else None
        if found is None and atoms[i].symbol in {"C", "N"}:
            return True
        i += found.consumed if found else 1
    return False
