# machine.py -- what the report says about where it was made: CPU, caches, versions, environment.
# SPDX-License-Identifier: MIT

import hashlib
import os
import platform
from pathlib import Path

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_TELLING = ("RAPTORS_", "OMP_", "GOMP_", "KMP_", "NPY_")


def caches():
    """Bytes by level, as one CPU sees them: {"L1": 32768, ...}; empty where the system does not say."""
    found = {}
    for index in sorted(_CACHES.glob("index*")):
        if (index / "type").read_text().strip() == "Instruction":
            continue
        size = (index / "size").read_text().strip()
        found["L" + (index / "level").read_text().strip()] = int(size.rstrip("K")) * 1024
    return found


def first_cache():
    return caches().get("L1", 32 << 10)


def last_cache():
    """Bytes of the greatest cache; where the system does not say, a size that few exceed."""
    return max(caches().values(), default=32 << 20)


def cpu_name():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.lower().startswith(("model name", "cpu part")):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def describe():
    return {
        "cpu": cpu_name(),
        "architecture": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "caches": caches(),
        "memory_bytes": memory_bytes(),
        "system": f"{platform.system()} {platform.release()}",
        "load_average": round(os.getloadavg()[0], 2),
    }


def build(library):
    """Tells two builds of one version apart: the digest of the package's shared objects."""
    digest = hashlib.sha256()
    for path in sorted(Path(getattr(library, "__file__", os.devnull)).parent.glob("*.so*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def versions(numpy, library):
    return {
        "raptors": str(getattr(library, "__version__", "unknown")),
        "build": build(library),
        "backend": library.backend(),
        "backends": list(library.backends()),
        "numpy": numpy.__version__,
        "python": platform.python_version(),
    }


def environment():
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(_TELLING)}
