"""How far individuals differ: the check of `individual_spread` in a configuration."""

from __future__ import annotations

from typing import Any

from socialrl.config import shapes
from socialrl.config.checks import refuse, shown
from socialrl.errors import nearest, shortened

_SCALE = "scale"
_MOST = {"factor": 100.0, "log-sd": 10.0}
"""Far beyond any parameter's range, and small enough that no individual's factor overflows."""


def check_spread(value: Any) -> float | dict[str, float]:
    """Return a factor on the table's spreads, or that factor as `scale` with the log-sd of parameters by name."""
    if not isinstance(value, dict):
        return _number(
            value, "factor", "", " (0: identical animals, 1: the table's spreads) or a mapping of parameters to log-sd"
        )
    # Imported here, because a configuration that gives one number needs no parameter table.
    from socialrl_envs.parameters import NAMES

    checked = {_SCALE: 1.0}
    for name, given in value.items():
        if name not in (_SCALE, *NAMES):
            near = nearest(name, (_SCALE, *NAMES))
            hint = f"did you mean '{near}'?" if near else f"known: {_SCALE} and {', '.join(NAMES)}"
            raise refuse(f"is not usable: unknown parameter '{shortened(name)}'; {hint}", key=name)
        checked[name] = _number(given, "factor" if name == _SCALE else "log-sd", name)
    return checked


def _number(value: Any, kind: str, key: str, more: str = "") -> float:
    most = _MOST[kind]
    # Written so that NaN fails.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= most:
        raise refuse(f"must be a {kind} from 0 to {most:g}{more}, got {shown(value)}", key=key)
    return float(value)


def spread_shape() -> shapes.JSON:
    """Return what editors are told of `individual_spread`."""
    from socialrl_envs.parameters import NAMES

    scale, own = (shapes.numbers(0.0, _MOST[kind], note=kind) for kind in ("factor", "log-sd"))
    by_name = {_SCALE: scale, **dict.fromkeys(NAMES, own)}
    return shapes.either_of(scale, shapes.mapping(by_name, title="IndividualSpread"))
