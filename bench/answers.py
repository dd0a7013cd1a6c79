# answers.py -- is the answer right, and how far from the exact value are both libraries? No ratio without this.
# SPDX-License-Identifier: MIT

import numpy as np

import exact

# How far an answer may lie from the reference, in roundings of its own dtype carried by the greatest of its terms.
_SLACK = 64


class Answer:
    """NumPy's result of a problem and its reference, kept while the problem's cases run."""

    def __init__(self, setting, reference):
        self._setting = setting
        self._reference = reference
        self.numpy = setting.result(np, out=False)
        self._numpy_error = self._error(self.numpy)

    def judge(self, ours):
        """(complaint or None, error entry)."""
        same_kind = ours.dtype == self.numpy.dtype
        equal = same_kind and bool(np.array_equal(ours, self.numpy, equal_nan=ours.dtype.kind == "f"))
        if equal and not self._setting.problem.op.reduces:  # one operation, once rounded: nothing more to learn
            return None, {"unit": "ulp", "numpy": self._numpy_error, "raptors": self._numpy_error, "bits_equal": True}
        complaint = self._complaint(ours)
        if complaint:
            return complaint, None
        error = {"unit": "ulp", "numpy": self._numpy_error, "raptors": self._error(ours), "bits_equal": equal}
        return None, error

    def _error(self, got):
        """Greatest and mean error in ulp; zero where the reference is NumPy's own exact answer."""
        if self._reference is None or got.dtype.kind != "f":
            return {"max": 0.0, "mean": 0.0}
        with np.errstate(all="ignore"):
            distance = exact.ulps(got, self._reference, got.dtype)
        return {"max": float(np.max(distance)), "mean": float(np.mean(distance))}

    def _complaint(self, ours):
        if ours.shape != self.numpy.shape:
            return f"shape {ours.shape}, NumPy's is {self.numpy.shape}"
        if ours.dtype != self.numpy.dtype:
            return f"dtype {ours.dtype}, NumPy's is {self.numpy.dtype}"
        if ours.dtype.kind != "f":
            wrong = np.count_nonzero(ours != self.numpy)
            return f"{wrong} of {ours.size} elements are not NumPy's" if wrong else None
        wanted = self.numpy if self._reference is None else self._reference[0]
        allowed = self._allowance(wanted)
        with np.errstate(all="ignore"):
            near = np.abs(ours - wanted) <= allowed
        near |= (ours == wanted) | (np.isnan(ours) & np.isnan(wanted))
        wrong = int(np.size(near) - np.count_nonzero(near))
        return f"{wrong} of {ours.size} elements are far from the exact value" if wrong else None

    def _allowance(self, wanted):
        """Roundings of the result, and of the sum of magnitudes where terms cancel."""
        p = self._setting.problem
        eps = float(np.finfo(self.numpy.dtype).eps)
        allowed = _SLACK * eps * np.abs(wanted)
        if p.op.name in ("sum", "mean"):
            magnitude = np.abs(self._setting.a.view).mean(axis=p.axis, dtype=np.float64)
            count = self._setting.a.view.size / max(1, self.numpy.size)
            allowed = allowed + 4 * eps * magnitude * (count if p.op.name == "sum" else 1)
        elif p.op.name in ("prod", "var", "std"):
            allowed = allowed + self._setting.a.view.size / max(1, self.numpy.size) * eps * np.abs(wanted)
        elif p.op.kind == "script":
            x = self._setting.a.view
            deviation = x.std(axis=p.axis, dtype=np.float64)
            allowed = allowed + _SLACK * eps * np.abs(x).max() / np.where(deviation == 0, 1, deviation)
        return allowed
