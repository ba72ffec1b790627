"""Small dense networks in compiled code whose results are the same bytes on every x86-64 processor with AVX2.

Training and frozen policies run through the same functions. Sums have a fixed order, multiply-adds are fused where it
is written and nowhere else, and exp, log and tanh are our own (`socialrl_envs.elementary`, `dense.py`,
`activations.py`): nothing depends on a linear-algebra library, on the length of a vector, or on the C library.
"""
