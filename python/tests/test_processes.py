# test_processes.py -- threads, child processes, sub-interpreters: what a host program does around a call.
# SPDX-License-Identifier: MIT
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from arrays import bits

import raptors

LARGE = 1 << 21


def answers(seed):
    x = np.random.default_rng(seed).normal(size=LARGE).astype("float32").reshape(-1, 1024)
    return b"".join(map(bits, (raptors.sum(x), raptors.mean(x, 0), raptors.multiply(x, 2.0)[0], raptors.std(x, 1))))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children(method):
    expected = [answers(seed) for seed in range(3)]
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.map_async(answers, range(3)).get(timeout=600) == expected


def test_children_of_another_thread():
    def fork():
        pid = os.fork()
        if pid == 0:
            os._exit(0 if answers(5) == expected else 1)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    expected = answers(5)
    with ThreadPoolExecutor(1) as executor:
        assert [executor.submit(fork).result(timeout=600) for _ in range(5)] == [0] * 5


def test_threads_at_once():
    expected = {seed: answers(seed) for seed in range(4)}
    with ThreadPoolExecutor(8) as executor:
        for seed, answer in enumerate(executor.map(answers, [seed % 4 for seed in range(32)])):
            assert answer == expected[seed % 4]


def test_long_calls_release_the_gil():
    """Another thread gets on with its Python while this one is inside the library."""
    x, ticks, stop = np.ones(1 << 24), [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0005)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # only who lets go of the GIL lets others in
    thread = threading.Thread(target=tick)
    try:
        thread.start()
        time.sleep(0.01)
        start = time.perf_counter()
        with raptors.threads(1):
            for calls in range(200):  # a busy machine may let the other thread wait
                raptors.var(x)
                if calls >= 10 and sum(start < moment for moment in list(ticks)) >= 5:
                    break
        end = time.perf_counter()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
    assert sum(start < moment < end for moment in ticks) >= 5


def run(program, **variables):
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=600,
        env={**os.environ, **variables},
    )
    return result.returncode, result.stdout.strip(), result.stderr.strip()


def test_sub_interpreters_are_refused():
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    code, out, _ = run(f"""
        import {name} as interpreters
        import raptors
        one = interpreters.create()
        program = '''
        try:
            import raptors
            print("imported")
        except ImportError as error:
            print(error)
        '''
        import textwrap
        interpreters.run_string(one, textwrap.dedent(program))
    """)
    assert code == 0 and "raptors" in out and "interpreter" in out


def test_environment():
    program = "import raptors; print(raptors.backend(), raptors.get_threads())"
    assert run(program, RAPTORS_SIMD="scalar", RAPTORS_THREADS="1")[:2] == (0, "scalar 1")


def test_import_again():
    assert run("""
        import sys, numpy as np, raptors
        first = raptors.add
        for name in [name for name in sys.modules if name.startswith("raptors")]:
            del sys.modules[name]
        import raptors
        print(first(np.ones(3), 1.0), raptors.add(np.ones(3), 1.0))
    """)[:2] == (0, "[2. 2. 2.] [2. 2. 2.]")


def test_the_exit_of_a_program_is_clean():
    assert run("import raptors, numpy as np; x = raptors.add(np.ones(10**6), 1.0); raptors.sum(x)") == (0, "", "")


def test_references_are_kept_and_dropped():
    x, out = np.ones(100), np.empty(100)
    objects = [x, out, None, 2.5, "axis", np.add]

    def counts():
        return [sys.getrefcount(thing) for thing in objects]

    def calls():
        raptors.add(x, 2.5), raptors.add(x, x, out), raptors.add(x, x, out=(out,)), raptors.add(x[1:], x[1:], x[:-1])
        raptors.sum(x), raptors.sum(x, axis=0, keepdims=True), raptors.max(x, None, out[0:1].reshape(()))
        raptors.var(x, dtype="float64"), raptors.sum([1.0, 2.0]), raptors.add(np.ones(3, ">f8"), 1.0)
        for wrong in ({"axis": 3}, {"nonsense": 1}, {"out": np.empty(3)}):
            with pytest.raises((ValueError, TypeError)):
                raptors.sum(x, **wrong)
        with pytest.raises(ValueError):
            raptors.add(x, x[:50])
        with pytest.raises(FloatingPointError), np.errstate(all="raise"):
            raptors.divide(x, 0.0)

    calls()
    before = counts()
    for _ in range(50):
        calls()
    assert all(abs(now - then) < 10 for now, then in zip(counts(), before))
