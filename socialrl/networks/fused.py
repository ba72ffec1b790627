"""Fused multiply-add as a function: rounded once, on every processor, where it is written and nowhere else."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_SUFFIXES = {types.float32: "f32", types.float64: "f64"}


def _fma(_: Any, a: Any, b: Any, c: Any) -> Any:
    if a not in _SUFFIXES or b != a or c != a:
        raise TypeError(f"fma takes three float32 or three float64 numbers, got {a}, {b}, {c}")

    def codegen(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        number = context.get_value_type(a)
        name = f"llvm.fma.{_SUFFIXES[a]}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [number] * 3), name)
        return builder.call(function, arguments)

    return a(a, b, c), codegen


fma: Any = intrinsic(_fma)
"""fma(a, b, c) = a * b + c with one rounding; three float32 or three float64 numbers, in compiled code."""
