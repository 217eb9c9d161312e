"""How much a candidate counts outside of what published records and own results cover."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.active.surrogate.prior import Prior
from hemml.arrays import FloatArray, IntArray
from hemml.models.evidence_space import UNKNOWN_ATOMS
from hemml.models.lab_prior import squares

_LEAST_RATIO: Final = 1.25  # few records may show smaller errors outside by chance
_UNKNOWN_SCALE: Final = 0.1  # so many atoms of elements never learned count like a distance twice the limit
_BLOCK: Final = 4096


def domain_log_weight(prior: Prior, measured: IntArray) -> FloatArray:
    """Log of r^-e, (n,): 0 inside the domain of the target with the most records.

    r is how many times larger the bundle's errors on unseen papers were outside than inside (1.25 at least), e how far
    beyond the limit a candidate lies, in limits: at twice the limit it counts 1/r. The distance is that to the nearest
    published record or own result, whichever is nearer. Each tenth of the atoms of elements that the bundle has not
    learned adds 1 to e, where no own result is near.

    Args:
        prior: Of n candidates.
        measured: Candidates with own results, (k,).
    """
    target = prior.targets[prior.main]
    evidence = target.bundle.evidence
    own = np.full(len(prior), np.inf)
    if len(measured):
        cells = target.points[measured]
        for start in range(0, len(prior), _BLOCK):
            rows = slice(start, start + _BLOCK)
            own[rows] = np.sqrt(squares(target.points[rows], cells)[0].min(axis=1))
    distance = np.minimum(target.block.distance, own)
    beyond = np.maximum(distance / evidence.threshold - 1.0, 0.0)
    unknown = np.maximum(1.0 - target.block.known - UNKNOWN_ATOMS, 0.0) / _UNKNOWN_SCALE
    beyond += unknown * np.minimum(own / evidence.threshold, 1.0)
    return np.asarray(-np.log(max(evidence.error_ratio or _LEAST_RATIO, _LEAST_RATIO)) * beyond)
