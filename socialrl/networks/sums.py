"""Sum of squares in a fixed order that still fills vector registers, written as LLVM instructions.

A plain loop would be slow in order, and fast only if the compiler may choose how many running sums it keeps, which
depends on the processor.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 16
"""Running sums. The array's length is a multiple of it."""


def _sum_of_squares(_: Any, x: Any) -> Any:
    if not (isinstance(x, types.Array) and x.dtype == types.float32 and x.ndim == 1 and x.layout == "C"):
        raise TypeError(f"sum_of_squares takes a contiguous float32 vector, got {x}")
    single, double, index = ir.FloatType(), ir.DoubleType(), ir.IntType(64)
    narrow, wide = ir.VectorType(single, LANES), ir.VectorType(double, LANES)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        before = builder.block
        loop, after = builder.append_basic_block("squares"), builder.append_basic_block("summed")
        none = ir.Constant(wide, [0.0] * LANES)
        zero, lanes = ir.Constant(index, 0), ir.Constant(index, LANES)
        builder.cbranch(builder.icmp_signed(">=", array.nitems, lanes), loop, after)
        builder.position_at_end(loop)
        at, running = builder.phi(index), builder.phi(wide)
        place = builder.bitcast(builder.gep(array.data, [at]), narrow.as_pointer())
        numbers = builder.fpext(builder.load(place, align=4), wide)
        added = builder.fadd(running, builder.fmul(numbers, numbers))
        following = builder.add(at, lanes)
        for phi, first, then in ((at, zero, following), (running, none, added)):
            phi.add_incoming(first, before)
            phi.add_incoming(then, loop)
        builder.cbranch(builder.icmp_signed("<", following, array.nitems), loop, after)
        builder.position_at_end(after)
        sums = builder.phi(wide)
        sums.add_incoming(none, before)
        sums.add_incoming(added, loop)
        total = ir.Constant(double, 0.0)
        for lane in range(LANES):
            total = builder.fadd(total, builder.extract_element(sums, ir.Constant(ir.IntType(32), lane)))
        return total

    return types.float64(x), codegen


sum_of_squares: Any = intrinsic(_sum_of_squares)
"""sum_of_squares(x) of a float32 vector, in float64: every sixteenth element in order, then the sixteen sums."""
