"""Surrogates: what predicts the utilities of candidates jointly, learned from what a campaign has measured."""

from hemml.active.surrogate.base import Measured, Surrogate

__all__ = ["Measured", "Surrogate"]
