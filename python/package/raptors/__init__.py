# __init__.py -- NumPy's array arithmetic as fast as the machine allows: import raptors as rp.
# SPDX-License-Identifier: MIT
"""NumPy's array arithmetic as fast as the machine allows.

The functions have NumPy's names, arguments and answers: raptors.mean(a, axis=0) beside numpy.mean(a, axis=0).
"""

from . import _core
from ._core import *  # noqa: F403 - the list of operations decides what there is

__version__ = _core.version()
__all__ = [*_core.__all__, "threads"]


class threads:
    """With at most n threads for the calls inside, from this thread: ``with raptors.threads(1): ...``"""

    def __init__(self, n):
        self._bounds = []
        self._n = n

    def __enter__(self):
        self._bounds.append(_core.set_threads(self._n))
        return self

    def __exit__(self, *exception):
        _core.set_threads(self._bounds.pop())
