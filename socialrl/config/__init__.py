"""Configurations: a YAML file and overrides in, one checked and immutable record out."""

from __future__ import annotations

from socialrl.config.loading import (
    Config,
    RecordingConfig,
    config_from_data,
    config_to_yaml,
    load_config,
    load_recording,
    with_overrides,
)

__all__ = [
    "Config",
    "RecordingConfig",
    "config_from_data",
    "config_to_yaml",
    "load_config",
    "load_recording",
    "with_overrides",
]
