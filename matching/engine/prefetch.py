"""Asking the memory for something before it is read, for the compiled pass: who reads one person in thirty would
otherwise wait for each of them.

Importing it needs numba (extra `fast`).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_TO_READ, _TO_KEEP, _DATA = 0, 3, 1


def _fetch(_: Any, array: Any, row: Any) -> Any:
    """Bring nearer the beginning of a row of an array (`row` uint64), without waiting for it.

    Nothing is read: a row that is not there does no harm. The instruction is `llvm.prefetch` (LLVM Language Reference).
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        offset = builder.mul(arguments[1], builder.extract_value(held.strides, 0))
        place = builder.gep(builder.bitcast(held.data, byte), [offset])
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        instruction = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
        builder.call(instruction, [place, flag(_TO_READ), flag(_TO_KEEP), flag(_DATA)])
        return context.get_dummy_value()

    return types.void(array, row), build


fetch: Any = intrinsic(_fetch)
