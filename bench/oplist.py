# oplist.py -- the operations and element types, read from core/ops.def and core/types.def.
# SPDX-License-Identifier: MIT
"""Nothing here names an operation: a new row in core/ops.def has its benchmark by itself."""

import re
from dataclasses import dataclass
from pathlib import Path

CORE = Path(__file__).resolve().parent.parent / "core"

_OP = re.compile(r'^RP_(MAP2|MAP1|FOLD|SPREAD)\((\w+), (\w+), (?:(\w+), )?"', re.M)
_TYPE = re.compile(r'^RP_(FLOAT|INTEGER)\(\w+, \w+, \w+, "(\w+)"\)', re.M)


@dataclass(frozen=True)
class Op:
    name: str
    kind: str  # map2, map1, scale, fold, spread
    floats_only: bool = False
    result: str = ""  # of a reduction: SAME, WIDE, REAL, INDEX

    @property
    def reduces(self):
        return self.kind in ("fold", "spread")


def parse_ops(text):
    ops = []
    for kind, name, second, result in _OP.findall(text):
        kind = kind.lower()
        floats = kind.startswith("map") and second == "FLOATS"
        ops.append(Op(name, kind, floats, result))
    # scale has no row of its own in the list: it is multiply with a repeated operand.
    return ops + [Op("scale", "scale")]


def parse_types(text):
    """Names by family: {"FLOAT": ["float32", ...], "INTEGER": [...]}."""
    families = {"FLOAT": [], "INTEGER": []}
    for family, name in _TYPE.findall(text):
        families[family].append(name)
    return families


def ops():
    return parse_ops((CORE / "ops.def").read_text())


def types():
    return parse_types((CORE / "types.def").read_text())
