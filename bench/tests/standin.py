# standin.py -- NumPy under the names of the package, so that the report's own machinery is tested alone.
import numpy as np


def _copy(x, out=None):
    return np.positive(x, out=out)


class StandIn:
    """`slow`: names that take four times as long. `wrong`: names whose answers are off by one."""

    __version__ = "stand-in"

    def __init__(self, slow=(), wrong=()):
        self._slow, self._wrong, self._bound = slow, wrong, 0

    def __getattr__(self, name):
        function = {"scale": np.multiply, "copy": _copy}.get(name) or getattr(np, name)

        def call(*given, **named):
            for _ in range(3 if name in self._slow else 0):
                function(*given, **named)
            result = function(*given, **named)
            return result + 1 if name in self._wrong else result

        setattr(self, name, call if name in (*self._slow, *self._wrong) else function)
        return getattr(self, name)

    def set_threads(self, n):
        self._bound = n

    def get_threads(self):
        return self._bound or 2

    def backend(self):
        return "numpy"

    def backends(self):
        return ["numpy", "scalar"]

    def set_backend(self, name):
        assert name in ("auto", "numpy", "scalar")
