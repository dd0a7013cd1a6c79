# test_control.py -- threads, backends, telemetry and profile from Python.
# SPDX-License-Identifier: MIT
import threading

import numpy as np
import pytest
from arrays import bits

import raptors


def test_threads():
    assert raptors.get_threads() >= 1
    assert raptors.set_threads(1) == 0
    assert raptors.get_threads() == 1
    assert raptors.set_threads(None) == 1
    for wrong in (-1, 1025, 2**40, -(2**70)):
        with pytest.raises(ValueError):
            raptors.set_threads(wrong)
    with pytest.raises(TypeError):
        raptors.set_threads("two")
    assert raptors.set_threads(0) == 0


def test_threads_as_a_context():
    free = raptors.get_threads()
    with raptors.threads(1):
        assert raptors.get_threads() == 1
        with raptors.threads(0):
            assert raptors.get_threads() == free
        assert raptors.get_threads() == 1
    assert raptors.get_threads() == free
    one = raptors.threads(1)
    with pytest.raises(KeyError), one, one:
        raise KeyError
    assert raptors.get_threads() == free
    with pytest.raises(ValueError), raptors.threads(-1):
        pass


def test_the_bound_is_this_threads_own():
    found = []
    with raptors.threads(1):
        thread = threading.Thread(target=lambda: found.append(raptors.get_threads()))
        thread.start()
        thread.join()
    assert found == [raptors.get_threads()]


def test_backends():
    assert raptors.backend() in raptors.backends()
    for name in raptors.backends():
        raptors.set_backend(name)
        assert raptors.backend() == name
    raptors.set_backend("auto")
    assert raptors.backend() == raptors.backends()[0]
    for wrong in ("nonsense", "", "AVX2"):
        with pytest.raises(ValueError):
            raptors.set_backend(wrong)
    with pytest.raises(TypeError):
        raptors.set_backend(2)


def test_backends_and_threads_give_the_same_bits():
    x = np.random.default_rng(1).normal(size=(1000, 1500)).astype("float32")
    results = set()
    for name in raptors.backends():
        raptors.set_backend(name)
        for bound in (1, 2, 3):
            with raptors.threads(bound):
                results.add(b"".join(map(bits, (raptors.add(x, x[0]), raptors.sum(x), raptors.std(x, 0)))))
    assert len(results) == 1


@pytest.mark.parametrize("backend", raptors.backends())
def test_a_nan_that_passes_through_is_no_warning(backend):
    raptors.set_backend(backend)
    x = np.array([np.nan, 1.0] * 40)
    with np.errstate(all="raise"):
        for name in ("add", "minimum", "maximum"):
            getattr(raptors, name)(x, x)
        for name in ("sum", "min", "argmax", "var"):
            getattr(raptors, name)(x)


@pytest.mark.parametrize("backend", raptors.backends())
@pytest.mark.parametrize("name", ["min", "max"])
def test_a_nan_costs_no_second_look(backend, name):
    raptors.set_backend(backend)
    getattr(raptors, name)(np.array([[np.nan, 1.0, 2.0]] * 40), axis=0)
    report = raptors.explain()  # of the last call to the library, whoever made it
    assert (report["operation"], report["bytes"]) == (name, 40 * 3 * 8)


def test_explain_and_telemetry():
    raptors.sum(np.ones(1000))
    report = raptors.explain()
    assert report["by"] == "raptors" and report["operation"] == "sum"
    raptors.sum(np.ones(3, "f2"))
    assert raptors.explain() == {"operation": "sum", "by": "numpy"}
    assert isinstance(raptors.telemetry(), dict)


def test_telemetry_mode():
    for mode in ("freeze", "off", "learn"):
        raptors.telemetry_mode(mode)
    with pytest.raises(ValueError):
        raptors.telemetry_mode("guess")
    with pytest.raises(TypeError):
        raptors.telemetry_mode(None)
    raptors.telemetry_reset()


def test_profile(tmp_path):
    path = tmp_path / "profile"
    raptors.profile_save(path)
    raptors.profile_load(str(path))
    with pytest.raises(OSError):
        raptors.profile_load(tmp_path / "missing")
    with pytest.raises(OSError):
        raptors.profile_save(tmp_path / "no" / "folder")
    with pytest.raises(TypeError):
        raptors.profile_save(3.5)
