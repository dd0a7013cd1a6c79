# lists.py -- what there is to test: the rows of core/ops.def and core/types.def.
# SPDX-License-Identifier: MIT
import re
from pathlib import Path

import numpy as np

_PACKAGE = Path(__file__).parents[1]
CORE = next(path for path in (_PACKAGE / "library/core", _PACKAGE / "../core") if path.exists())


def rows(kind, file="ops.def"):
    """The fields of each row of a kind, the texts without their quotes."""
    lines = re.findall(rf"^{kind}\((.*)\)$", (CORE / file).read_text(), re.M)
    return [tuple(re.findall(r'"[^"]*"|[^",\s]+', line)) for line in lines]


FLOATS = [np.dtype(row[3].strip('"')) for row in rows("RP_FLOAT", "types.def")]
INTEGERS = [np.dtype(row[3].strip('"')) for row in rows("RP_INTEGER", "types.def")]
DTYPES = FLOATS + INTEGERS

# What NumPy does not have cannot be held against it.
MAP1 = [row[0] for row in rows("RP_MAP1") if hasattr(np, row[0])]
MAP2 = [row[0] for row in rows("RP_MAP2") if hasattr(np, row[0])]
MAPS = MAP1 + MAP2
FLOATS_ONLY = {row[0] for kind in ("RP_MAP1", "RP_MAP2") for row in rows(kind) if row[1] == "FLOATS"}
FOLDS = {row[0]: row[2] for row in rows("RP_FOLD") if hasattr(np, row[0])}
SPREADS = {row[0]: row[2] for row in rows("RP_SPREAD") if hasattr(np, row[0])}
REDUCTIONS = FOLDS | SPREADS
FUNCTIONS = [*MAPS, *REDUCTIONS]


def numpy_copy(x, /, out=None, **keywords):
    """numpy.copy has no output, and a memory order of its own for repeated axes."""
    ufunc = out is not None or (type(x) is np.ndarray and x.ndim and x.dtype in DTYPES and x.dtype.isnative)
    return np.positive(x, out=out, **keywords) if ufunc else np.copy(x, **keywords)


def numpy_function(name):
    """What must give the same answer."""
    return numpy_copy if name == "copy" else getattr(np, name)


def inputs_of(name):
    return 2 if name in MAP2 else 1
