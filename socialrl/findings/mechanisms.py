"""Which mechanisms are on: what was added to the model because of findings, each switched by a parameter.

A mechanism that is off takes no part in a model, so a comparison that it was added for still tests that model. Whether
it is on is read from the parameters that the animals had, never from the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from socialrl_envs.vocabulary import SEXES

Given = float | Mapping[str, float]
"""A parameter's value: one number, or numbers by sex."""


def off_value(name: str) -> float:
    """Return the value at which a parameter's mechanism is off: 0, or that of table v1 where 0 is outside its range.

    An unknown name raises `ParameterError`.
    """
    from socialrl_envs.named_tables import UNNAMED  # only where it is needed: the world is slow to load
    from socialrl_envs.parameters import parameter

    return 0.0 if parameter(name).low <= 0.0 else parameter(name, UNNAMED).value


def switched_on(names: Iterable[str], parameters: Mapping[str, Given] | None = None) -> frozenset[str]:
    """Return those of `names` whose mechanisms are on, in either sex, in animals with these parameters.

    A parameter that `parameters` lacks has its value of the current table.
    """
    return frozenset(name for name in names if any(one != off_value(name) for one in _values(name, parameters or {})))


def told(name: str, parameters: Mapping[str, Given]) -> tuple[float, str]:
    """Return a parameter's value in females, and its value in words, which name the sexes where they differ."""
    by_sex = _values(name, parameters)
    alike = len(set(by_sex)) == 1
    return by_sex[0], f"{by_sex[0]:g}" if alike else "; ".join(
        f"{sex}s {one:g}" for sex, one in zip(SEXES, by_sex, strict=True)
    )


def _values(name: str, parameters: Mapping[str, Given]) -> tuple[float, ...]:
    """The value in each sex."""
    from socialrl_envs.parameters import parameter

    row, given = parameter(name), parameters.get(name)
    if given is None:
        return tuple(row.of(sex) for sex in SEXES)
    if isinstance(given, Mapping):
        return tuple(float(given.get(sex, row.of(sex))) for sex in SEXES)
    return (float(given),) * len(SEXES)
