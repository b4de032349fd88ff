"""Which calls in a pickle only build data; a file that asks for another is refused by its name."""

from __future__ import annotations

import sys

BUILTINS = ("builtins", "__builtin__")
_VALUES = {
    *("object", "bool", "int", "long", "float", "complex", "str", "unicode", "bytes", "bytearray"),
    *("list", "tuple", "dict", "slice", "range", "xrange"),
}
_HARMLESS = {  # all that these do is to hold values
    *(f"{module}.scalar" for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    *("torch.device", "torch.serialization._get_layout", "numpy.ndarray"),
    *("collections.deque", "functools.partial", "types.SimpleNamespace", "argparse.Namespace"),
    *("uuid.UUID", "decimal.Decimal", "fractions.Fraction", "re._compile"),
    *(f"{module}.{kind}" for module in BUILTINS for kind in _VALUES),
}
_HARMLESS_BEGINNINGS = (
    *("pathlib.", "datetime.", "numpy.random._pickle."),
    *("torch._utils._rebuild", "torch.jit._pickle.build", "torch._dynamo.eval_frame."),
)
_ABLE = sys.stdlib_module_names | {"torch", "numpy", "__builtin__", "commands", "urllib2", "pip"}


def builds_data(whole_name: str) -> bool:
    """Whether a call of module.name could do nothing but hold what it is given.

    Packages that are not part of Python, numpy or torch cannot be judged: what they would make is
    left out, and nothing in them is called.
    """
    known = whole_name in _HARMLESS or whole_name.startswith(_HARMLESS_BEGINNINGS)
    return known or whole_name.partition(".")[0] not in _ABLE
