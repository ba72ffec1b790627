"""Configurations: a YAML file and overrides in, one checked and immutable record out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    # Loaded when asked for, because pydantic is slow to load for those who only want the limits or a path.
    if name in __all__:
        from socialrl.config import loading

        return getattr(loading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
