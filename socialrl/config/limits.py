"""How large the files and numbers of a configuration may be.

The ranges are generous: they stop slips such as three zeros too many before memory is allocated, and malicious files.
Whether an experiment within them fits into memory is checked before it starts (`socialrl.budget`).
"""

from __future__ import annotations

# The same as in socialrl_envs.vocabulary, which loads Gymnasium: the command line's help would wait for it.
MAX_COHOUSING_H = 336.0
MAX_SEPARATION_H = 24.0 * 365.0
MAX_ACCESS_S = 3600.0

MAX_FILE_BYTES = 512 * 1024
MAX_VALUE_CHARACTERS = 10_000
MAX_NESTING = 32
"""Nesting depth of mappings and lists."""
MAX_VALUES = 10_000
"""Keys, list items and values in one file."""

DT_S = (0.01, 600.0)
MAX_DURATION_S = 30 * 86_400.0
MAX_TICKS = 10_000_000
"""Ticks of one episode, test or recording."""
TOTAL_COHOUSING = "hours cohoused in all before the test"
MAX_DRUG_TIME_S = 3600.0 * MAX_SEPARATION_H

MAX_SEED = 2**63 - 1
MAX_ANIMALS = 100_000
MAX_LIVES = 65_536
MAX_STEPS = 10**12
MAX_REPEATS = 10_000
MAX_TESTS = 1_000
MAX_GROUPS = 1_000
MAX_WORKERS = 4_096

MAX_ROLLOUT_STEPS = 10_000_000
MAX_EPOCHS = 10_000
MAX_LAYERS = 64
MAX_UNITS = 65_536
SMALLEST = 1e-12
LARGEST = 1e9
"""Bounds of numbers that have none of their own, such as a learning rate."""
MAX_PULSES = 1_000_000
