"""Transposed copies of float32 matrices, a square of registers at a time."""

from __future__ import annotations

from llvmlite import ir

from socialrl.networks.compiled import compiled
from socialrl.networks.lanes import INDEX, LANES, Vectors, instructions


@instructions
def _square(builder, a, a0, a_row, c, c0, c_row):
    """c[j, r] = a[r, j] for LANES rows and columns: halves of pairs of rows change places, then quarters, ..."""
    vectors = Vectors(builder, LANES)

    def row(first, stride, number):
        return builder.add(first, builder.mul(stride, ir.Constant(INDEX, number)))

    rows = [vectors.load(a, row(a0, a_row, r)) for r in range(LANES)]
    apart = LANES // 2
    while apart:
        # lane l of row r goes to lane l - apart of row r + apart where r lacks the bit `apart` and l has it
        low = [lane if not lane & apart else lane - apart + LANES for lane in range(LANES)]
        high = [lane + apart if not lane & apart else lane + LANES for lane in range(LANES)]
        for r in range(LANES):
            if not r & apart:
                one, other = rows[r], rows[r + apart]
                rows[r], rows[r + apart] = vectors.mixed(one, other, low), vectors.mixed(one, other, high)
        apart //= 2
    for j in range(LANES):
        vectors.store(rows[j], c, row(c0, c_row, j))


@compiled()
def transpose(a, a0, a_row, n_rows, n_columns, c, c0, c_row):
    """c[c0 + j*c_row + r] = a[a0 + r*a_row + j] for r < n_rows and j < n_columns, flat float32 arrays.

    No bounds are checked.
    """
    whole_rows, whole_columns = n_rows // LANES * LANES, n_columns // LANES * LANES
    for r in range(0, whole_rows, LANES):
        for j in range(0, whole_columns, LANES):
            _square(a, a0 + r * a_row + j, a_row, c, c0 + j * c_row + r, c_row)
    for r in range(n_rows):
        for j in range(whole_columns if r < whole_rows else 0, n_columns):
            c[c0 + j * c_row + r] = a[a0 + r * a_row + j]
