"""One root seed -> named child streams of random numbers.

A stream is named by a path of words and whole numbers, for example `("animal", 3, "env")`. It depends on the root seed
and on that path alone, not on the order in which streams are requested or on how many animals there are. Paths never
contain the genotype, so animal 3 of every genotype shares its streams and genotypes can be compared in pairs (slices of
evoked release are the exception: a recording is of one animal).
"""

from __future__ import annotations

import hashlib
import operator

import numpy as np

# 4 × 32 bits of the path's hash: two different paths meet by chance once in 2^128.
_SPAWN_WORDS = 4


def stream(root_seed: int, *path: str | int) -> np.random.SeedSequence:
    """Return the seed sequence of the child stream called `path` (words and whole numbers >= 0).

    An empty path, a negative number or a path part of another type raises `ValueError` or `TypeError`.
    """
    root = operator.index(root_seed)
    if isinstance(root_seed, bool) or root < 0:
        raise ValueError(f"the root seed must be a whole number of at least 0, got {root_seed!r}")
    if not path:
        raise ValueError("a stream needs a name, for example ('animal', 3, 'env')")
    digest = hashlib.blake2b(b"".join(_encode(part) for part in path), digest_size=4 * _SPAWN_WORDS).digest()
    spawn_key = tuple(int(word) for word in np.frombuffer(digest, dtype="<u4"))
    return np.random.SeedSequence(root, spawn_key=spawn_key)


def generator(root_seed: int, *path: str | int) -> np.random.Generator:
    """Return a new generator at the start of the child stream called `path`."""
    return np.random.default_rng(stream(root_seed, *path))


def seed_int(root_seed: int, *path: str | int) -> int:
    """Return one seed in 0 … 2^32 − 1 from the child stream, for libraries that take a plain number."""
    return int(stream(root_seed, *path).generate_state(1, dtype=np.uint32)[0])


def _encode(part: str | int) -> bytes:
    """Return bytes that no other part shares: a prefix of type and length distinguishes ("ab", "c") from ("a", "bc")
    and the word "3" from the number 3."""
    if isinstance(part, bool):
        raise TypeError("a stream's name is made of words and whole numbers, got a boolean")
    if isinstance(part, str):
        kind, body = b"s", part.encode("utf-8")
    else:
        number = operator.index(part)
        if number < 0:
            raise ValueError(f"numbers in a stream's name must be at least 0, got {number}")
        kind, body = b"i", str(number).encode("ascii")
    return kind + len(body).to_bytes(4, "little") + body
