"""Descriptors of compositions: one module a physical idea, and `FeatureSet` to compute a choice of them."""

from __future__ import annotations

from hemml.features.base import Feature, FeatureGroup, Group
from hemml.features.entropy import entropy_class
from hemml.features.feature_set import FeatureSet, default_groups

__all__ = ["Feature", "FeatureGroup", "FeatureSet", "Group", "default_groups", "entropy_class"]
