"""Random numbers as a function of (world key, episode, tick, stream, animal, other): no generator state.

A number depends on nothing else: not on the gain, not on what other rows do, not on which episodes ended, not on the
batch size. Two runs that differ only in gain therefore share their noise, and a checkpoint needs only the counters.
The mixer is the finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, doi 10.1145/2660193.2660195).
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from .compiled import compiled, inlined

MOVEMENT, RECOGNITION, FELT_REWARD, PLACEMENT, HISTORY, CHOICE, CONSPECIFIC, DAY = range(1, 9)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_LOW16 = np.uint64(0xFFFF)


@inlined
def mix(bits):  # type: ignore[no-untyped-def]
    """Scramble 64 bits (SplitMix64 finaliser)."""
    z = uint64(bits)
    z = (z ^ (z >> uint64(30))) * _M1
    z = (z ^ (z >> uint64(27))) * _M2
    return z ^ (z >> uint64(31))


@inlined
def moment(key, episode, tick):  # type: ignore[no-untyped-def]
    """The 64 bits that all draws of one world at one tick start from."""
    return mix(uint64(key) + _GOLDEN * ((uint64(episode) << uint64(32)) + uint64(tick) + uint64(1)))


@inlined
def draw(base, stream, animal, other):  # type: ignore[no-untyped-def]
    """64 random bits of a named stream for an animal (and the other animal it is about)."""
    return mix(uint64(base) + _GOLDEN * (uint64(stream) + uint64(16) * (uint64(animal) + uint64(64) * uint64(other))))


@inlined
def uniform(bits):  # type: ignore[no-untyped-def]
    """A number in [0, 1) from 64 random bits."""
    return (uint64(bits) >> uint64(11)) * (1.0 / 9007199254740992.0)


@inlined
def bell(bits):  # type: ignore[no-untyped-def]
    """A bell-shaped number, mean 0, variance 1, within ±3.47: the scaled sum of four 16-bit uniforms.

    The sum of four uniforms is nearly normal (excess kurtosis −0.3) and needs no logarithm. Because it is bounded, no
    observation or reward becomes extreme.
    """
    b = uint64(bits)
    total = (b & _LOW16) + ((b >> uint64(16)) & _LOW16) + ((b >> uint64(32)) & _LOW16) + ((b >> uint64(48)) & _LOW16)
    # mean 4·65535/2; the variance of one discrete uniform on 0…65535 is (65536² − 1)/12
    return (float(total) - 131070.0) * (1.0 / 37837.22723720648)


@compiled
def fill_uniform(keys, tick, out):  # type: ignore[no-untyped-def]
    """Fill `out` (n,) with numbers in [0, 1) for `keys` (n,) uint64 at `tick`: choices of frozen policies."""
    for row in range(keys.shape[0]):
        out[row] = uniform(draw(moment(keys[row], 0, tick), CHOICE, 0, 0))
