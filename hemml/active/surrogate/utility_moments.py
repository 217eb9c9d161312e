"""Mean and standard deviation of a utility whose value is normal, and of mixtures."""

from __future__ import annotations

import numpy as np

from hemml.active.objective import Objective
from hemml.arrays import FloatArray


def utility_moments(objective: Objective, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Moments of the utility of normal values, same shapes; near a target it is a folded normal.

    Folded normal: Leone, Nelson and Nottingham, Technometrics 1961, 3, 543, 10.1080/00401706.1961.10489974.
    """
    if objective.goal != "target":
        return objective.utility(mean), sd
    from scipy.stats import norm

    away = -objective.utility(mean)
    spread = np.maximum(sd, np.finfo(np.float64).tiny ** 0.25)
    ratio = away / spread
    distance = 2.0 * spread * norm.pdf(ratio) + away * (1.0 - 2.0 * norm.cdf(-ratio))
    return -distance, np.sqrt(np.maximum(np.square(away) + np.square(sd) - np.square(distance), 0.0))


def mixed(weights: FloatArray, means: FloatArray, sds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of mixtures of c parts: weights (c,), the others (c, r); each (r,)."""
    mean = weights @ means
    return mean, np.sqrt(weights @ (np.square(sds) + np.square(means - mean)))
