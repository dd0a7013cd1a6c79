# stubs.py -- writes the type stubs, from the list of operations: stubs.py ops.def __init__.pyi
# SPDX-License-Identifier: MIT
import re
import sys

ROW = re.compile(r'^RP_(MAP2|MAP1|FOLD|SPREAD)\((\w+), (\w+), (?:(\w+), )?"(.*)"\)$', re.M)

HEAD = '''\
# Made from core/ops.def.
from os import PathLike
from typing import Any, SupportsFloat, SupportsIndex, TypeAlias

from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

_Out: TypeAlias = ndarray[Any, Any] | tuple[ndarray[Any, Any]] | None
_Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None

__version__: str

def scale(x: ArrayLike, factor: SupportsFloat, /, out: _Out = None) -> Any: ...

def set_threads(n: int | None, /) -> int: ...
def get_threads() -> int: ...
def backend() -> str: ...
def backends() -> list[str]: ...
def set_backend(name: str, /) -> None: ...
def explain() -> dict[str, Any]: ...
def telemetry() -> dict[str, Any]: ...
def telemetry_mode(mode: str, /) -> None: ...
def telemetry_reset() -> None: ...
def profile_save(path: str | bytes | PathLike[Any], /) -> None: ...
def profile_load(path: str | bytes | PathLike[Any], /) -> None: ...
def pool() -> dict[str, int]: ...
def set_pool_limit(bytes: int, /) -> None: ...
def version() -> str: ...

class threads:
    def __init__(self, n: int | None) -> None: ...
    def __enter__(self) -> threads: ...
    def __exit__(self, *exception: object) -> None: ...
'''

MAP = ("out: _Out = None, *, where: ArrayLike = True, casting: str = 'same_kind', order: str = 'K', "
       "dtype: DTypeLike | None = None, subok: bool = True")
SIGNATURES = {
    "MAP2": f"x1: ArrayLike, x2: ArrayLike, /, {MAP}",
    "MAP1": f"x: ArrayLike, /, {MAP}",
    "SAME": "a: ArrayLike, axis: _Axis = None, out: _Out = None, keepdims: bool = False, **initial_where: Any",
    "INDEX": "a: ArrayLike, axis: SupportsIndex | None = None, out: _Out = None, *, keepdims: bool = False",
    "WIDE": "a: ArrayLike, axis: _Axis = None, dtype: DTypeLike | None = None, out: _Out = None, "
            "keepdims: bool = False, **initial_where: Any",
    "REAL": "a: ArrayLike, axis: _Axis = None, dtype: DTypeLike | None = None, out: _Out = None, "
            "keepdims: bool = False, **where: Any",
    "SPREAD": "a: ArrayLike, axis: _Axis = None, dtype: DTypeLike | None = None, out: _Out = None, "
              "ddof: float = 0, keepdims: bool = False, **where_mean_correction: Any",
}


def stub(kind, name, result, text):
    return f'\ndef {name}({SIGNATURES[result if kind == "FOLD" else kind]}) -> Any:\n    """{text}."""\n'


def main(source, target):
    with open(source) as file:
        rows = ROW.findall(file.read())
    text = HEAD + "".join(stub(kind, name, result, text) for kind, name, _, result, text in rows)
    names = re.findall(r"^(?:def|class) (\w+)", text, re.M)
    with open(target, "w") as file:
        file.write(f"{text}\n__all__ = {names}\n")


main(*sys.argv[1:])
