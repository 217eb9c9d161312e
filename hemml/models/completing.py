"""What an electrode is where its row does not say: role, working ion, family and kind of capacity by rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.features.family import infer_family, infer_role

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_ION: Final = "Zn"
DEFAULT_KIND: Final = "reversible"


def completed(
    frame: pd.DataFrame, batch: CompositionBatch, with_ions: Callable[[pd.DataFrame], CompositionBatch]
) -> pd.DataFrame:
    """Fill role, working ion, family and kind of capacity where they are empty.

    Args:
        frame: n rows typed as by `hemml.data.typed`.
        batch: Their compositions.
        with_ions: Gives the compositions of rows whose working ions are filled.
    """
    out = frame.copy()
    found = np.where(batch.working_ion == "", DEFAULT_ION, batch.working_ion).astype(object)
    out[Column.WORKING_ION] = found
    families = infer_family(batch)
    given = out[Column.FAMILY].to_numpy(dtype=object)
    out[Column.FAMILY] = np.where(given == "", families, given)
    roles = infer_role(out[Column.FAMILY].to_numpy(dtype=object), with_ions(out))
    given = out[Column.ROLE].to_numpy(dtype=object)
    out[Column.ROLE] = np.where(given == "", roles, given)
    kind = out[Column.CAPACITY_KIND].to_numpy(dtype=object)
    out[Column.CAPACITY_KIND] = np.where(kind == "", DEFAULT_KIND, kind)
    return out
