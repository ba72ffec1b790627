"""Register-tiled float32 matrix products for compiled code, small enough to stay in one core's cache.

A cohort's networks are tiny (64 x 64), and one animal's whole update fits in a second-level cache. A library call per
product would pay for packing and for a trip through memory between layers, so the compiled code of this package
multiplies through this file: `matmul` walks a matrix in tiles whose sums stay in vector registers for the whole inner
loop and through the activation function. LLVM does not find that form from plain loops, so the tile itself is written
as LLVM instructions.

Every output element is summed over the inner index in order, one fused multiply-add each, whatever the tile: results do
not depend on the number of rows, columns or threads, nor on the length of the registers.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from socialrl.networks.activations import finished
from socialrl.networks.compiled import compiled
from socialrl.networks.lanes import INDEX, LANES, Vectors, instructions

COLUMN_MULTIPLE = 16
"""Row lengths of the right-hand matrix and of the result are padded to a multiple of this (see `layout.py`)."""

SHAPES = {
    16: ((6, 64), (4, 64), (2, 64), (1, 64), (8, 32), (2, 32), (1, 32), (8, 16), (2, 16), (1, 16)),
    8: ((6, 16), (4, 16), (2, 16), (1, 16)),
    4: ((4, 16), (2, 16), (1, 16)),
}
"""Rows and columns of the tiles for each length of registers, in lanes; the first that fits is taken.

Two products a cycle of four cycles each need eight sums under way, and more sums need fewer loads per product. With
AVX-512 a tile of 6 x 64 takes 24 + 4 + 1 of the 32 registers, with AVX2 one of 6 x 16 takes 12 + 2 + 1 of 16.
"""


def tile_of(shapes: tuple[tuple[int, int], ...], lanes: int) -> Any:
    """Return the compiled `tile(shape, a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_inner,
    function, y, y0, t, t0)`.

    For r < n_rows and j < n_columns, where (n_rows, n_columns) = shapes[shape]: c[c0 + r*c_row + j] = function(s[s0 +
    r*s_row + j] + sum_k a[a0 + r*a_row + k*a_inner] * b[b0 + k*b_row + j]). lanes is the length of the vectors used;
    n_columns is a multiple. All arrays are contiguous float32 and are addressed by element, without bounds checks; `s`
    (the start) may be `c` itself, or a bias with s_row = 0. function, y and t: see `matmul`.
    """

    @instructions
    def tile(
        builder, shape, a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_inner, function, y, y0,
        t, t0,
    ):  # fmt: skip
        end = builder.append_basic_block("end")
        chosen = builder.switch(shape, end)
        for i, size in enumerate(shapes):
            chosen.add_case(ir.Constant(INDEX, i), builder.append_basic_block(f"tile_{size[0]}_{size[1]}"))
            builder.position_at_end(builder.function.blocks[-1])
            _write_tile(
                Vectors(builder, lanes), size,
                (a, a0, a_row, a_inner), (b, b0, b_row), (s, s0, s_row), (c, c0, c_row), n_inner, function, (y, y0),
                (t, t0),
            )  # fmt: skip
            builder.branch(end)
        builder.position_at_end(end)

    return tile


def _write_tile(vectors, size, left, right, start, result, n_inner, function, values, column_sums):
    """Write the instructions of one tile; the views are data, first element and strides of a, b, s, c, y and t."""
    builder, n_rows, blocks = vectors.builder, size[0], range(size[1] // vectors.lanes)
    cells = [(row, block) for row in range(n_rows) for block in blocks]
    (a, a0, a_row, a_inner), (b, b0, b_row), (y, y0) = left, right, values
    (s, s0, s_row), (c, c0, c_row), (t, t0) = start, result, column_sums

    def number(value):
        return ir.Constant(INDEX, value)

    def at(first, row_stride, cell):
        row, block = cell
        return builder.add(builder.add(first, builder.mul(row_stride, number(row))), number(block * vectors.lanes))

    starts = [vectors.load(s, at(s0, s_row, cell)) for cell in cells]
    a_rows = [builder.gep(a, [builder.add(a0, builder.mul(a_row, number(row)))]) for row in range(n_rows)]
    before = builder.block
    loop, after = builder.append_basic_block("inner"), builder.append_basic_block("summed")
    builder.cbranch(builder.icmp_signed(">", n_inner, number(0)), loop, after)

    builder.position_at_end(loop)
    k = builder.phi(INDEX)
    sums = [builder.phi(vectors.type) for _ in cells]
    b_start = builder.add(b0, builder.mul(k, b_row))
    b_k = [vectors.load(b, builder.add(b_start, number(block * vectors.lanes))) for block in blocks]
    a_offset = builder.mul(k, a_inner)
    updated = []
    for row in range(n_rows):
        a_k = vectors.everywhere(a_rows[row], a_offset)
        updated += [vectors.fma(a_k, b_k[block], sums[row * len(blocks) + block]) for block in blocks]
    k_next = builder.add(k, number(1))
    for phi, first, following in zip([k, *sums], [number(0), *starts], [k_next, *updated], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", k_next, n_inner), loop, after)

    builder.position_at_end(after)
    totals = [builder.phi(vectors.type) for _ in cells]
    for total, first, summed in zip(totals, starts, updated, strict=True):
        total.add_incoming(first, before)
        total.add_incoming(summed, loop)

    def value(i):
        return vectors.load(y, at(y0, c_row, cells[i]))

    def add_columns(slopes):
        for block in blocks:
            place = builder.add(t0, number(block * vectors.lanes))
            total = vectors.load(t, place)
            for row in range(n_rows):
                total = builder.fadd(total, slopes[row * len(blocks) + block])
            vectors.store(total, t, place)

    totals = finished(vectors, function, totals, value, add_columns)
    for cell, total in zip(cells, totals, strict=True):
        vectors.store(total, c, at(c0, c_row, cell))


_SHAPES = SHAPES[LANES]
_tile = tile_of(_SHAPES, LANES)


# With the types given it is compiled once, and not again for every constant that a caller passes.
@compiled("void(f4[::1],i8,i8,i8, f4[::1],i8,i8, f4[::1],i8,i8, f4[::1],i8,i8, i8,i8,i8, i8,f4[::1],i8,f4[::1],i8)")
def matmul(
    a, a0, a_row, a_inner, b, b0, b_row, s, s0, s_row, c, c0, c_row, n_rows, n_columns, n_inner, function, y, y0,
    t, t0,
):  # fmt: skip
    """Write function(s + a @ b) to c, for strided views of flat float32 arrays given by first element and strides.

    a: element (r, k) at a0 + r*a_row + k*a_inner (so a transposed view costs nothing); b: (k, j) at b0 + k*b_row + j;
    s: (r, j) at s0 + r*s_row + j, may be c or a bias with s_row = 0; c: (r, j) at c0 + r*c_row + j. function: one of
    `activations.py`; if it is a slope, the activation function's value that goes with (r, j) is y[y0 + r*c_row + j],
    which may be c itself, and the sum of the results of column j is added to t[t0 + j], row by row.
    n_columns is a multiple of COLUMN_MULTIPLE. No bounds are checked: callers size the arrays from one layout.
    """
    j = 0
    while j < n_columns:
        r = n_tile_columns = 0
        while r < n_rows:
            shape = 0
            while _SHAPES[shape][1] > n_columns - j or _SHAPES[shape][0] > n_rows - r:
                shape += 1
            n_tile_rows, n_tile_columns = _SHAPES[shape]
            _tile(
                shape, a, a0 + r * a_row, a_row, a_inner, b, b0 + j, b_row, s, s0 + r * s_row + j, s_row,
                c, c0 + r * c_row + j, c_row, n_inner, function, y, y0 + r * c_row + j, t, t0 + j,
            )  # fmt: skip
            r += n_tile_rows
        j += n_tile_columns
