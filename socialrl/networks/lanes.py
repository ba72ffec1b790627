"""float32 vectors as long as the processor's registers, written as LLVM instructions.

What a compiler finds in plain loops depends on the processor. The code of this package that must be fast therefore says
itself which numbers share a register. Every lane does what one number alone would do, so the length of the vectors
changes no result.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from llvmlite import binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

INDEX, _LANE = ir.IntType(64), ir.IntType(32)


def vector_lanes(triple: str, processor: str, features: str) -> int:
    """float32 numbers in the longest vector register for which LLVM compiles: 16, 8 or 4.

    The compiler is asked, and not the processor: numba can be told to compile for another one.
    """
    module = ir.Module()
    vector = ir.VectorType(ir.FloatType(), 16)
    function = ir.Function(module, ir.FunctionType(vector, [vector, vector]), "sum_of_sixteen")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(builder.fadd(*function.args))
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=processor, features=features)
    assembly = machine.emit_assembly(llvm.parse_assembly(str(module)))
    return 16 if "zmm" in assembly else 8 if "ymm" in assembly else 4


LANES = vector_lanes(*cpu_target.target_context.codegen().magic_tuple())


class Vectors:
    """Arithmetic on vectors of `lanes` float32 numbers, at the place where `builder` stands."""

    def __init__(self, builder: Any, lanes: int) -> None:
        self.builder, self.lanes = builder, lanes
        self.type = ir.VectorType(ir.FloatType(), lanes)

    def constant(self, value: float) -> Any:
        return ir.Constant(self.type, [float(value)] * self.lanes)

    def place(self, data: Any, offset: Any) -> Any:
        """Where the vector lies that begins at element `offset` of float32 numbers at `data`."""
        return self.builder.bitcast(self.builder.gep(data, [offset]), self.type.as_pointer())

    def load(self, data: Any, offset: Any) -> Any:
        return self.builder.load(self.place(data, offset), align=4)

    def store(self, vector: Any, data: Any, offset: Any) -> None:
        self.builder.store(vector, self.place(data, offset), align=4)

    def everywhere(self, data: Any, offset: Any) -> Any:
        """The number at `offset`, in every lane."""
        value = self.builder.load(self.builder.gep(data, [offset]), align=4)
        nothing = ir.Constant(self.type, ir.Undefined)
        first = self.builder.insert_element(nothing, value, ir.Constant(_LANE, 0))
        return self.builder.shuffle_vector(first, nothing, self._lanes([0] * self.lanes))

    def mixed(self, a: Any, b: Any, lanes: list[int]) -> Any:
        """A vector of the given lanes of a (numbered from 0) and b (numbered from self.lanes)."""
        return self.builder.shuffle_vector(a, b, self._lanes(lanes))

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        signature = ir.FunctionType(self.type, [self.type] * 3)
        name = f"llvm.fma.v{self.lanes}f32"
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, signature, name), [a, b, c])

    def polynomial(self, x: Any, *coefficients: float) -> Any:
        """Horner's rule, highest power first."""
        total = self.constant(coefficients[0])
        for coefficient in coefficients[1:]:
            total = self.fma(total, x, self.constant(coefficient))
        return total

    def between(self, x: Any, low: float, high: float) -> Any:
        """Every number of x no lower than `low` and no higher than `high`; NaN is kept."""
        for comparison, bound in ((">", self.constant(high)), ("<", self.constant(low))):
            x = self.builder.select(self.builder.fcmp_ordered(comparison, x, bound), bound, x)
        return x

    def _lanes(self, numbers: list[int]) -> Any:
        return ir.Constant(ir.VectorType(_LANE, len(numbers)), numbers)


def instructions(write: Callable[..., None]) -> Any:
    """Return the compiled function of `write(builder, ...)`, which writes its instructions, results none.

    Its other arguments are contiguous float32 arrays, of which `write` sees where the numbers begin, and whole numbers.
    """

    def typed(_: Any, *arguments: Any) -> Any:
        for one in arguments:
            if isinstance(one, types.Array) and not (one.dtype == types.float32 and one.layout == "C"):
                raise TypeError(f"expected contiguous float32 numbers, got {one}")
        signature = types.void(*(one if isinstance(one, types.Array) else types.intp for one in arguments))

        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            write(
                builder,
                *(
                    context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
                    for kind, value in zip(signature.args, values, strict=True)
                ),
            )
            return context.get_dummy_value()

        return signature, codegen

    # numba asks for the names of the arguments; `builder` stands where it expects its own first argument
    typed.__signature__ = inspect.signature(write)  # type: ignore[attr-defined]
    return intrinsic(typed)
