"""Reading words: choices from a vocabulary, flags, sources. What people write instead gets the right word as remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from hemml.columns import Column
from hemml.data.numbers import Trouble
from hemml.data.schema import ColumnRule

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_SYNONYMS: Final[Mapping[str, str]] = {
    "lithium": "Li",
    "sodium": "Na",
    "potassium": "K",
    "zinc": "Zn",
    "magnesium": "Mg",
    "calcium": "Ca",
    "aluminium": "Al",
    "aluminum": "Al",
    "ammonium": "NH4",
    "proton": "H",
    "hydrogen": "H",
    "positive": "cathode",
    "positive_electrode": "cathode",
    "negative": "anode",
    "negative_electrode": "anode",
    "pba": "prussian_blue",
    "prussian_blue_analogue": "prussian_blue",
    "prussian_blue_analog": "prussian_blue",
    "hexacyanometallate": "prussian_blue",
    "nasicon": "polyanion",
    "phosphate": "polyanion",
    "drx": "disordered_rocksalt",
    "rock_salt": "rocksalt",
    "high_entropy": "high",
    "medium_entropy": "medium",
    "low_entropy": "low",
}
_YES: Final = frozenset({"true", "yes", "y", "t", "x"})
_NO: Final = frozenset({"false", "no", "n", "f", "none", "-"})


def check_choice(text: str, rule: ColumnRule) -> Trouble | None:
    """What is wrong with a word that must come from the rule's vocabulary; None if it does."""
    if text in rule.vocabulary:
        return None
    key = re.sub(r"[\s-]+", "_", text.strip().lower())
    bare = re.sub(r"_?\d*\++$", "", key).removesuffix("_ion")  # Zn2+, na+, Zn-ion
    folded = {word.lower(): word for word in rule.vocabulary}
    for candidate in (key, bare, _SYNONYMS.get(key, ""), _SYNONYMS.get(bare, "")):
        if candidate.lower() in folded:
            return Trouble(_short(rule), f"write {folded[candidate.lower()]!r}")
    close = [folded[word] for word in get_close_matches(key, folded, n=3, cutoff=0.6)]
    if close:
        return Trouble(_short(rule), f"did you mean {' or '.join(repr(word) for word in close)}?")
    other = "; 'other' fits what none of them names" if "other" in rule.vocabulary else ""
    return Trouble(f"must be one of: {rule.allowed}", f"use one of these words{other}")


def _short(rule: ColumnRule) -> str:
    """The rule in few words; a long vocabulary is not repeated where the right word is at hand."""
    if len(rule.vocabulary) > 9:
        return f"is not one of the {len(rule.vocabulary)} words of {rule.column}"
    return f"must be one of: {rule.allowed}"


def check_flag(text: str) -> Trouble | None:
    """What is wrong with a cell that must be 0 or 1; None if it is."""
    if text in ("0", "1", "0.0", "1.0"):
        return None
    word = text.lower()
    remedy = "write 1" if word in _YES else "write 0" if word in _NO else "write 1 for yes and 0 for no"
    return Trouble("must be 0 or 1", remedy)


def check_source(text: str, column: Column) -> Trouble | None:
    """What is wrong with a DOI or a page; None if it can name a paper."""
    if column is Column.DOI and not _DOI.fullmatch(text):
        found = _DOI.search(text)
        remedy = f"write {found[0]}" if found else "put a page or an identifier of your own into url instead"
        return Trouble("must be a bare DOI, such as 10.1039/d0ra06897g", remedy)
    if column is Column.URL and re.search(r"\s", text):
        return Trouble("must be a page or an identifier without blanks", "write it as in own:notebook-12")
    return None
