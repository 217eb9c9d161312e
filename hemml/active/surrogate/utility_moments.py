"""Mean and standard deviation of a utility whose value is normal, and of mixtures."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.active.objective import Objective
from hemml.arrays import FloatArray

_FAR: Final = 38.0  # standard deviations at which a normal density is as good as zero


def utility_moments(objective: Objective, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Moments of the utility of normal values, same shapes; near a target it is a folded normal.

    Folded normal: Leone, Nelson and Nottingham, Technometrics 1961, 3, 543, 10.1080/00401706.1961.10489974.
    """
    if objective.goal != "target":
        return objective.utility(mean), sd
    from scipy.special import ndtr

    away = -objective.utility(mean)
    spread = np.maximum(sd, np.finfo(np.float64).tiny ** 0.25)
    ratio = away / spread
    density = np.exp(-0.5 * np.square(np.minimum(ratio, _FAR))) / np.sqrt(2.0 * np.pi)
    distance = 2.0 * spread * density + away * (1.0 - 2.0 * ndtr(-ratio))
    return -distance, np.sqrt(np.maximum(np.square(away) + np.square(sd) - np.square(distance), 0.0))


def mixed(weights: FloatArray, means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of mixtures of c parts: weights (c,), the others (c, r); each (r,)."""
    mean = weights @ means
    return mean, np.sqrt(weights @ (np.square(sds) + np.square(means - mean)))
