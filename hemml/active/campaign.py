"""A campaign: the one object that changes. It proposes, takes in results, and keeps every step in its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from hemml.active.acquisition import AcquisitionSettings
from hemml.active.beliefs import Beliefs, beliefs_of
from hemml.active.objective import axes
from hemml.active.proposal import Proposal
from hemml.active.proposing import Batch, proposal_of, propose, recipe_settings, stored
from hemml.active.reach import MOST, Reach, reach_of
from hemml.active.situation import Situation, situation_of
from hemml.active.space import DesignSpace
from hemml.active.space.reading import read_json
from hemml.active.starting_models import SHIPPED, StartingModels, check_models
from hemml.active.store import CampaignState, CampaignStore, Created, Event, Recorded
from hemml.active.store.cells import columns_to_measure
from hemml.active.user import user
from hemml.columns import TARGETS
from hemml.errors import ConfigError, InputError, UnknownNameError

ATTEMPTS: Final = 5
"""How often a batch is computed anew at most while other processes add events."""
MOST_AT_ONCE: Final = 1000
PRIOR_SUFFIX: Final = ".prior.npz"


@dataclass(frozen=True)
class CampaignSettings:
    """What a user decides when a campaign begins.

    Attributes:
        models: "shipped", "none", or a folder of bundles.
        acquisition: How experiments are chosen.
        candidates: Candidates weighed at most, drawn evenly from a larger space.
        seed: Of everything random.
        level: Of the intervals.
    """

    models: str = SHIPPED
    acquisition: AcquisitionSettings = field(default_factory=AcquisitionSettings)
    candidates: int = MOST
    seed: int = 0
    level: float = 0.9

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.candidates < 1:
            raise ConfigError(f"candidates: must be at least 1, got {self.candidates}; {MOST} is usual")
        if self.seed < 0:
            raise ConfigError(f"seed: must be 0 or more, got {self.seed}; give another")
        if not 0 < self.level < 1:
            raise ConfigError(f"level: must be above 0 and below 1, got {self.level:g}; 0.9 is usual")

    def check_for(self, space: DesignSpace) -> None:
        """Look for what does not go together, without a look at any candidate.

        Raises:
            InputError: The objectives need no measurement, the acquisition or the synthesis block does not fit, or
                there is no such folder of models.
        """
        check_models(self.models)
        recipe_settings(space)
        self.acquisition.resolved(len(axes(space.objectives)))
        if not columns_to_measure(space.objectives):
            raise InputError(
                f"{space.owner}: at least one objective must be measured, got only some that formulas decide; add one "
                f"of {', '.join(TARGETS)}"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, about: Mapping[str, Any]) -> CampaignSettings:
        """Read what `to_json` gave.

        Raises:
            ConfigError: It is no such thing.
        """
        known = {one.name for one in fields(cls)}
        try:
            given = {name: value for name, value in about.items() if name in known}
            return cls(**{**given, "acquisition": AcquisitionSettings(**given["acquisition"])})
        except (KeyError, TypeError) as err:
            raise ConfigError(f"settings of the campaign must be what hemml wrote, got {err}; make a new one") from err


class Campaign:
    """An open campaign; a context manager that closes its file.

    Models are read when they are first needed.
    """

    def __init__(self, store: CampaignStore) -> None:
        self.store = store
        self._began = store.state()
        self.space = DesignSpace.from_json(_text_of(self._began))
        self.settings = CampaignSettings.from_json(self._began.settings)

    @classmethod
    def create(
        cls, path: Path | str, space: DesignSpace, settings: CampaignSettings, *, name: str = "", who: str | None = None
    ) -> Campaign:
        """Begin a campaign in a new file; space, settings and hashes of the models are frozen in it.

        Raises:
            InputError: The file exists, the space leaves nothing to measure or has no candidate, or models are missing.
        """
        path = Path(path)
        settings.check_for(space)
        reach = reach_of(space, most=settings.candidates, seed=settings.seed)
        models = StartingModels.load(settings.models)
        wanted = columns_to_measure(space.objectives)
        if models.predictor is not None and (lacking := set(wanted) - set(map(str, models.predictor.targets))):
            raise InputError(
                f"models {settings.models}: must have a bundle for each objective, got none for "
                f"{', '.join(sorted(lacking))}; train one, or begin with --models none"
            )
        top = {"working_ion": space.spec.working_ion, "role": space.spec.role, "family": space.spec.family}
        conditions = {key: cell for key, cell in {**top, **space.spec.conditions}.items() if cell is not None}
        created = Created(
            name=name or path.stem,
            space=read_json(space.to_json(), space.owner),
            wanted=wanted,
            conditions=conditions,
            settings={**settings.to_json(), "hashes": dict(models.hashes)},
        )
        campaign = cls(CampaignStore.create(path, created, who=who or user()))
        campaign.__dict__ |= {"models": models, "reach": reach}
        return campaign

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False) -> Campaign:
        """Open a campaign.

        Raises:
            CampaignFileError: The file is missing, foreign, damaged or of a newer format.
        """
        return cls(CampaignStore.open(path, read_only=read_only))

    @property
    def path(self) -> Path:
        """The campaign's file."""
        return self.store.path

    @property
    def name(self) -> str:
        """Its name."""
        return self._began.name

    @cached_property
    def models(self) -> StartingModels:
        """What it started from."""
        return StartingModels.load(self.settings.models)

    @cached_property
    def reach(self) -> Reach:
        """Candidates that it weighs."""
        return reach_of(self.space, most=self.settings.candidates, seed=self.settings.seed)

    @property
    def changed_models(self) -> tuple[str, ...]:
        """Names of models that are not those it began with, because hemml or a folder was updated."""
        before = self._began.settings.get("hashes", {})
        known = before if isinstance(before, Mapping) else {}
        return tuple(sorted(name for name, now in self.models.hashes.items() if known.get(name, now) != now))

    def state(self) -> CampaignState:
        """Where it stands, with what other processes have added."""
        return self.store.state()

    def situation(self, state: CampaignState) -> Situation:
        """Candidates and experiments of a state."""
        return situation_of(self.space, self.reach, state)

    def beliefs(self, state: CampaignState, situation: Situation) -> Beliefs:
        """What is believed in a state."""
        cache = self.path.with_name(self.path.name + PRIOR_SUFFIX)
        return beliefs_of(self.space, situation, state, self.models, cache)

    def propose(
        self, size: int = 5, *, acquisition: AcquisitionSettings | None = None, who: str | None = None
    ) -> tuple[Recorded, Batch]:
        """Choose the next experiments and keep them in the file.

        What other processes propose or measure meanwhile is taken into account: the choice is then made again.

        Args:
            size: Number of experiments.
            acquisition: How to choose this time; None: as the campaign does.
            who: Name of the user.

        Returns:
            The batch as stored, and what it rests on.

        Raises:
            InputError: No candidate is left, or `size` or the acquisition does not fit.
            StaleState: Other processes added events during every attempt; nothing was written.
        """
        if not 1 <= size <= MOST_AT_ONCE:
            raise InputError(
                f"batch: must be from 1 to {MOST_AT_ONCE}, got {size}; give the number of experiments to propose"
            )
        acquisition = acquisition or self.settings.acquisition
        acquisition.resolved(len(axes(self.space.objectives)))
        made: list[Batch] = []

        def make(state: CampaignState) -> Sequence[Mapping[str, Any]]:
            situation = self.situation(state)
            rng = np.random.default_rng([self.settings.seed, state.sequence])
            made.append(
                propose(
                    self.space,
                    situation,
                    self.beliefs(state, situation),
                    self.models,
                    size,
                    acquisition,
                    rng,
                    level=self.settings.level,
                )
            )
            return [stored(one, made[-1].model) for one in made[-1].proposals]

        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        # The matrices are small: threads of the linear algebra library would wait for each other.
        with threadpool_limits(1, user_api="blas"):
            recorded = self.store.append_proposals(make, who=who or user(), attempts=ATTEMPTS)
        return recorded, made[-1]

    def add(self, events: Sequence[Event], *, who: str | None = None) -> tuple[Recorded, ...]:
        """Take in what happened, all or nothing.

        Raises:
            DataError: An event cannot be, in this state; nothing was written.
        """
        return self.store.append(events, who=who or user())

    def proposals(self, state: CampaignState, batch: int | None = None) -> tuple[Proposal, ...]:
        """Proposals of one batch, or of all, as they were made.

        Raises:
            UnknownNameError: There is no such batch.
        """
        if batch is not None and batch not in [one.number for one in state.batches]:
            raise UnknownNameError("batch", str(batch), [str(one.number) for one in state.batches])
        return tuple(
            proposal_of(one.proposal)
            for one in state.experiments.values()
            if one.proposal and batch in (None, one.batch)
        )

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _text_of(state: CampaignState) -> str:
    import json

    return json.dumps(state.space, ensure_ascii=False)
