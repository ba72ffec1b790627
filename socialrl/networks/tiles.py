"""Register-tiled float32 matrix products for compiled code, small enough to stay in one core's cache.

A cohort's networks are tiny (64 x 64), and one animal's whole update fits in a second-level cache. A library call per
product would pay for packing and for a trip through memory between layers, so the compiled code of this package
multiplies through this file: `matmul` walks a matrix in tiles of 4 rows x 64 columns whose sums stay in vector
registers for the whole inner loop. LLVM does not find that form from plain loops, so the tile itself is written as LLVM
instructions.

Every output element is summed over the inner index in order, one fused multiply-add each, whatever the tile: results do
not depend on the number of rows, columns or threads.
"""

from collections.abc import Callable

from llvmlite import binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from socialrl.networks.compiled import compiled

COLUMN_MULTIPLE = 16
"""Row lengths of the right-hand matrix and of the result are padded to a multiple of this (see `layout.py`)."""


def _vector_lanes() -> int:
    """float32 numbers in one vector register of this processor."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f", False):
        return 16
    return 8 if features.get("avx2", False) else 4


def _tile(n_rows: int, n_columns: int, lanes: int) -> Callable[..., None]:
    """Compiled `tile(a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_inner)`.

    For r < n_rows and j < n_columns:  c[c0 + r*c_row + j] = s[s0 + r*s_row + j] + sum_k a[a0 + r*a_row + k*a_inner] *
    b[b0 + k*b_row + j]. lanes is the length of the vectors used; n_columns is a multiple. All arrays are contiguous
    float32 and are addressed by element, without bounds checks; `s` (the start) may be `c` itself, or a bias with s_row
    = 0.
    """
    n_vectors = n_columns // lanes
    scalar, index = ir.FloatType(), ir.IntType(64)
    vector = ir.VectorType(scalar, lanes)
    splat = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)

    @intrinsic
    def tile(typing_context, a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_inner):  # noqa: ARG001
        size = types.intp
        signature = types.void(a, size, size, size, b, size, size, s, size, size, c, size, size, size)

        def codegen(context, builder, signature, arguments):
            a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_inner = arguments

            def data(position, array):
                return context.make_array(signature.args[position])(context, builder, array).data

            a_data, b_data, s_data, c_data = data(0, a), data(4, b), data(7, s), data(10, c)

            def number(value):
                return ir.Constant(index, value)

            def vector_at(base, offset):
                return builder.bitcast(builder.gep(base, [offset]), vector.as_pointer())

            def corner(start, row_stride, row, block):
                return builder.add(builder.add(start, builder.mul(row_stride, number(row))), number(block * lanes))

            cells = [(row, block) for row in range(n_rows) for block in range(n_vectors)]
            starts = [builder.load(vector_at(s_data, corner(s0, s_row, *cell)), align=4) for cell in cells]
            a_rows = [builder.gep(a_data, [builder.add(a0, builder.mul(a_row, number(row)))]) for row in range(n_rows)]
            before = builder.block
            loop = builder.append_basic_block("inner")
            after = builder.append_basic_block("stored")
            builder.cbranch(builder.icmp_signed(">", n_inner, number(0)), loop, after)

            builder.position_at_end(loop)
            k = builder.phi(index)
            k.add_incoming(number(0), before)
            sums = []
            for start in starts:
                running = builder.phi(vector)
                running.add_incoming(start, before)
                sums.append(running)
            fma = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{lanes}f32"
            )
            b_start = builder.add(b0, builder.mul(k, b_row))
            right = [
                builder.load(vector_at(b_data, builder.add(b_start, number(block * lanes))), align=4)
                for block in range(n_vectors)
            ]
            a_offset = builder.mul(k, a_inner)
            updated = []
            for row in range(n_rows):
                value = builder.load(builder.gep(a_rows[row], [a_offset]), align=4)
                first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
                left = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), splat)
                updated += [
                    builder.call(fma, [left, right[block], sums[row * n_vectors + block]]) for block in range(n_vectors)
                ]
            k_next = builder.add(k, number(1))
            k.add_incoming(k_next, loop)
            for running, value in zip(sums, updated, strict=True):
                running.add_incoming(value, loop)
            builder.cbranch(builder.icmp_signed("<", k_next, n_inner), loop, after)

            builder.position_at_end(after)
            results = []
            for start, value in zip(starts, updated, strict=True):
                result = builder.phi(vector)
                result.add_incoming(start, before)
                result.add_incoming(value, loop)
                results.append(result)
            for cell, result in zip(cells, results, strict=True):
                builder.store(result, vector_at(c_data, corner(c0, c_row, *cell)), align=4)
            return context.get_dummy_value()

        return signature, codegen

    return tile


# 4 x 64 needs 16 + 5 of the 32 wide registers of AVX-512; elsewhere 4 x 16 is what fits.
_LANES = _vector_lanes()
_WIDE = 64 if _LANES == 16 else COLUMN_MULTIPLE
_MIDDLE = 32 if _LANES == 16 else COLUMN_MULTIPLE
_tile_4_wide, _tile_1_wide = _tile(4, _WIDE, _LANES), _tile(1, _WIDE, _LANES)
_tile_4_middle, _tile_1_middle = _tile(4, _MIDDLE, _LANES), _tile(1, _MIDDLE, _LANES)
_tile_4_narrow, _tile_1_narrow = _tile(4, COLUMN_MULTIPLE, _LANES), _tile(1, COLUMN_MULTIPLE, _LANES)


# With the types given it is compiled once, and not again for every constant that a caller passes.
@compiled("void(f4[::1],i8,i8,i8, f4[::1],i8,i8, f4[::1],i8,i8, f4[::1],i8,i8, i8,i8,i8)")
def matmul(a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_rows, n_columns, n_inner):
    """Write s + a @ b to c, for strided views of flat float32 arrays given by first element and strides.

    a: element (r, k) at a0 + r*a_row + k*a_inner (so a transposed view costs nothing); b: (k, j) at b0 + k*b_row + j;
    s: (r, j) at s0 + r*s_row + j, may be c or a bias with s_row = 0; c: (r, j) at c0 + r*c_row + j.
    n_columns is a multiple of COLUMN_MULTIPLE. No bounds are checked: callers size the arrays from one layout.
    """
    j = 0
    while j < n_columns:
        left = n_columns - j
        width = _WIDE if left >= _WIDE else (_MIDDLE if left >= _MIDDLE else COLUMN_MULTIPLE)
        r = 0
        while r + 4 <= n_rows:
            a_at, s_at, c_at = a0 + r * a_row, s0 + r * s_row + j, c0 + r * c_row + j
            if width == _WIDE:
                _tile_4_wide(a, a_at, a_row, a_inner, b, b0 + j, b_row, s, s_at, s_row, c, c_at, c_row, n_inner)
            elif width == _MIDDLE:
                _tile_4_middle(a, a_at, a_row, a_inner, b, b0 + j, b_row, s, s_at, s_row, c, c_at, c_row, n_inner)
            else:
                _tile_4_narrow(a, a_at, a_row, a_inner, b, b0 + j, b_row, s, s_at, s_row, c, c_at, c_row, n_inner)
            r += 4
        while r < n_rows:
            a_at, s_at, c_at = a0 + r * a_row, s0 + r * s_row + j, c0 + r * c_row + j
            if width == _WIDE:
                _tile_1_wide(a, a_at, a_row, a_inner, b, b0 + j, b_row, s, s_at, s_row, c, c_at, c_row, n_inner)
            elif width == _MIDDLE:
                _tile_1_middle(a, a_at, a_row, a_inner, b, b0 + j, b_row, s, s_at, s_row, c, c_at, c_row, n_inner)
            else:
                _tile_1_narrow(a, a_at, a_row, a_inner, b, b0 + j, b_row, s, s_at, s_row, c, c_at, c_row, n_inner)
            r += 1
        j += width
