"""Values that wait for the logger's next dump when a checkpoint is made."""

from collections.abc import Mapping, Sequence

from stable_baselines3.common.logger import Logger


def restore_log(logger: Logger, waiting: Mapping[str, tuple[float, int, Sequence[str]]]) -> None:
    """Restore in the logger the values (mean, count, excluded formats) that were pending at the checkpoint."""
    for name, (value, count, excluded) in waiting.items():
        logger.name_to_value[name] = value
        logger.name_to_count[name] = count
        logger.name_to_excluded[name] = tuple(excluded)
