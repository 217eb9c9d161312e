"""Any whole numbers as a mixture of a sublattice: the nearest way, within bounds, of giving its steps away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.active.space.lattice import Mixture
from hemml.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Rules:
    """What a mixture asks of its k elements, made explicit.

    Attributes:
        steps: Steps to be given away.
        required: Whether an element must have a share, (k,).
        usable: Whether it can have one, (k,).
        least: Least steps of an element that has a share, (k,).
        most: Most steps of an element, (k,).
        fewest: Least number of elements with a share.
        largest: Greatest number of them; no more than the least steps of each leave room for.
    """

    steps: int
    required: BoolArray
    usable: BoolArray
    least: IntArray
    most: IntArray
    fewest: int
    largest: int

    @classmethod
    def of(cls, mixture: Mixture) -> Rules:
        """The rules of a mixture that is possible in at least one way."""
        low, high = np.array(mixture.low), np.minimum(mixture.high, mixture.steps)
        smallest = max(1, mixture.smallest)
        required, least = low > 0, np.maximum(low, smallest)
        n_required = int(required.sum())
        # every element that need not be there has the same least share, so the least shares only limit the number
        room = n_required + (mixture.steps - int(least[required].sum())) // smallest
        fewest, most = mixture.components
        return cls(
            mixture.steps, required, high >= least, least, high, max(fewest, n_required), min(most, room, len(low))
        )

    def repaired(self, wanted: IntArray, rng: np.random.Generator) -> IntArray:
        """The n ways nearest to what is wanted, (n, k): the elements with most steps stay, and keep their proportions.

        Args:
            wanted: Steps of each element, any whole numbers, (n, k).
            rng: Decides between elements with the same number of steps.
        """
        wanted = np.clip(wanted, 0, None)
        tie = rng.random(wanted.shape)
        present = self._present(wanted, wanted + tie)
        share = np.where(present, np.maximum(wanted, 1), 0)
        aim = share * (self.steps / share.sum(axis=1, keepdims=True))
        return self._shared(aim + 1e-3 * tie, present)

    def _present(self, wanted: IntArray, urgency: FloatArray) -> BoolArray:
        """Which elements have a share, (n, k): those wanted most, as far as the rules allow, and others where needed.

        One element after the other is taken if, with it, the elements still to come can make up all steps.
        """
        n, k = wanted.shape
        rows = np.arange(n)
        order = np.argsort(np.where(self.required, np.inf, urgency), axis=1)[:, ::-1]
        by_size = np.argsort(-self.most, kind="stable")
        present = np.zeros((n, k), dtype=np.bool_)
        to_come = np.broadcast_to(self.usable, (n, k)).copy()
        for place in range(k):
            j = order[:, place]
            needed = present.sum(axis=1) < self.fewest
            missing = self.steps - present @ self.most
            slots = self.largest - present.sum(axis=1)
            to_come[rows, j] = False
            # the most that the elements still to come can add in the slots behind this element's
            others = to_come[:, by_size]
            others &= others.cumsum(axis=1) <= (slots - 1)[:, None]
            enough = self.most[j] + others @ self.most[by_size] >= missing
            take = self.usable[j] & (slots > 0) & enough & ((wanted[rows, j] > 0) | needed | (missing > 0))
            present[rows, j] = take | self.required[j]
        return present

    def _shared(self, aim: FloatArray, present: BoolArray) -> IntArray:
        """All steps given to the elements that are present, each time one to whoever is furthest from its aim."""
        least, most = np.where(present, self.least, 0), np.where(present, self.most, 0)
        out = np.clip(np.floor(aim).astype(np.int64), least, most)
        while True:
            missing = self.steps - out.sum(axis=1)
            rows = np.flatnonzero(missing)
            if not len(rows):
                return out
            sign = np.sign(missing[rows])[:, None]
            movable = np.where(sign > 0, out[rows] < most[rows], out[rows] > least[rows])
            j = np.where(movable, sign * (aim[rows] - out[rows]), -np.inf).argmax(axis=1)
            out[rows, j] += sign[:, 0]
