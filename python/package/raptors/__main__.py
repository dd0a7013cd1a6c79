# __main__.py -- python -m raptors: what the machine has, and what was chosen.
# SPDX-License-Identifier: MIT
import json
import os
import platform
import signal
import sys
from pathlib import Path

import numpy

import raptors


def read(path, default="unknown"):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return default


def processor():
    for line in read("/proc/cpuinfo", "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def caches():
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if read(index / "type") != "Instruction":
            found.append(f"L{read(index / 'level')} {read(index / 'size')}")
    return ", ".join(found) or "unknown"


def facts():
    usable = len(os.sched_getaffinity(0))
    pool = raptors.pool()
    telemetry = raptors.telemetry()
    yield "raptors", f"{raptors.__version__}, {Path(raptors.__file__).parent}"
    yield "Python, NumPy", f"{platform.python_version()}, {numpy.__version__}"
    yield "processor", f"{processor()}, {os.cpu_count()} CPUs, {usable} for this process"
    yield "caches", caches()
    yield "huge pages", read("/sys/kernel/mm/transparent_hugepage/enabled")
    yield "backends", f"{' '.join(raptors.backends())}; in use: {raptors.backend()}"
    yield "threads", f"up to {raptors.get_threads()} a call"
    yield "pool", f"up to {pool['limit'] >> 20} MiB for large results"
    for name in sorted(name for name in os.environ if name.startswith("RAPTORS_")):
        yield name, os.environ[name]
    for name, value in telemetry.items():
        yield f"telemetry: {name}", value if isinstance(value, (str, int, float)) else json.dumps(value)


def main():
    rows = list(facts())
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader may have seen enough: python -m raptors | head
    sys.exit(main())
