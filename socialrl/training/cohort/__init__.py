"""Cohorts: dozens of independent animals trained at once, each exactly as if alone. See docs/cohorts.md."""

from socialrl.training.cohort.policy import CohortPolicy
from socialrl.training.cohort.ppo import CohortPPO
from socialrl.training.cohort.streams import AnimalStreams, Streams

__all__ = ["AnimalStreams", "CohortPPO", "CohortPolicy", "Streams"]
