"""What can be wrong with a campaign file, apart from what a user asks it to hold."""

from __future__ import annotations

from hemml.errors import HemmlError, InputError


class CampaignFileError(InputError):
    """A campaign file that is missing, foreign, damaged, or of a format that this hemml does not read."""


class StaleState(HemmlError):  # noqa: N818 - a state, which is what callers compute again
    """The campaign went on since the state that something was computed from; nothing was written."""
