"""hemml's descriptors under matminer's featurizer contract; importing this module imports matminer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matminer.featurizers.base import BaseFeaturizer

from hemml.composition import CompositionBatch
from hemml.errors import FormulaError
from hemml.features.feature_set import FeatureSet

if TYPE_CHECKING:
    from pymatgen.core import Composition


def formula_of(composition: Composition | str) -> str:
    """Formula as text: as it is for a string, all amounts in full for a pymatgen Composition."""
    if isinstance(composition, str):
        return composition
    return "".join(f"{element}{amount:.12g}" for element, amount in composition.get_el_amt_dict().items())


@lru_cache(maxsize=8)
def _feature_set(names: tuple[str, ...]) -> FeatureSet:
    return FeatureSet.default(names)


class HemmlFeaturizer(BaseFeaturizer):  # type: ignore[misc]
    """Composition descriptors of hemml: entropy, size, electronic structure, redox, mixing, supply and statistics.

    A pymatgen Composition has lost the brackets of the formula, so its sublattices follow from the elements alone; give
    formulas as strings to keep them. NaN means that a feature does not apply to a material. Errors are raised, never
    turned into NaN, unless matminer's `ignore_errors` asks for that.

    Args:
        names: Features to compute; all of them by default.
        working_ion: Ion that moves, such as "Zn"; found by rule by default.

    Features:
        Those of `feature_labels`; `hemml describe FORMULA --explain` gives the definition of each.
    """

    def __init__(self, names: Sequence[str] | None = None, working_ion: str | None = None) -> None:
        self.names = names
        self.working_ion = working_ion

    def _features(self) -> FeatureSet:
        return _feature_set(tuple(self.names or ()))

    def precheck(self, x: Composition | str) -> bool:
        """Whether hemml reads the formula."""
        try:
            CompositionBatch.from_formulas([formula_of(x)], self.working_ion)
        except FormulaError:
            return False
        return True

    def featurize(self, comp: Composition | str) -> list[float]:
        """Descriptors of one composition, in the order of `feature_labels`.

        Raises:
            InputError: The formula cannot be read or element data is missing.
        """
        batch = CompositionBatch.from_formulas([formula_of(comp)], self.working_ion)
        values: list[float] = self._features().compute(batch)[0].tolist()
        return values

    def featurize_many(
        self, entries: Any, ignore_errors: bool = False, return_errors: bool = False, pbar: bool | dict[str, Any] = True
    ) -> list[list[float]]:
        """Descriptors of many compositions, all at once unless `ignore_errors` asks for one at a time."""
        if ignore_errors or return_errors:
            rows: list[list[float]] = super().featurize_many(entries, ignore_errors, return_errors, pbar)
            return rows
        flat = [entry[0] if isinstance(entry, (tuple, list, np.ndarray)) else entry for entry in entries]
        if not flat:
            return []
        batch = CompositionBatch.from_formulas([formula_of(entry) for entry in flat], self.working_ion)
        many: list[list[float]] = self._features().compute(batch).tolist()
        return many

    def feature_labels(self) -> list[str]:
        """Names of the features."""
        return list(self._features().names)

    def citations(self) -> list[str]:
        """References of the features that are computed, each once."""
        return sorted({feature.reference for feature in self._features().features})

    def implementors(self) -> list[str]:
        """Who wrote the descriptors."""
        return ["The hemml developers"]
