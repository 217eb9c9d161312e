"""The campaign on disk: events that are only ever added, and the state that follows from them."""

from hemml.active.store.cells import columns_to_measure
from hemml.active.store.events import (
    FAILURES,
    Accepted,
    Condition,
    Corrected,
    Created,
    Event,
    Failed,
    Measured,
    Proposed,
    Skipped,
    Withdrawn,
)
from hemml.active.store.keys import candidate_key
from hemml.active.store.observations import append_table, parse_observation, read_observations
from hemml.active.store.problems import CampaignFileError, StaleState
from hemml.active.store.records import Recorded
from hemml.active.store.replay import replay
from hemml.active.store.state import Batch, CampaignState, Experiment, Failure, Measurement, Status, Value
from hemml.active.store.store import CampaignStore

__all__ = [
    "FAILURES",
    "Accepted",
    "Batch",
    "CampaignFileError",
    "CampaignState",
    "CampaignStore",
    "Condition",
    "Corrected",
    "Created",
    "Event",
    "Experiment",
    "Failed",
    "Failure",
    "Measured",
    "Measurement",
    "Proposed",
    "Recorded",
    "Skipped",
    "StaleState",
    "Status",
    "Value",
    "Withdrawn",
    "append_table",
    "candidate_key",
    "columns_to_measure",
    "parse_observation",
    "read_observations",
    "replay",
]
