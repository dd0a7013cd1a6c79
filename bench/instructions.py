"""instructions.py -- instructions an element: each operation by SSE's kernels and by NEON's, counted by an emulator.

    instructions.py X86_64_BUILD AARCH64_BUILD SYSROOT

Each build tree's library runs the same program (instructions.c) under QEMU with the plugin count.c: its figures are the same
with every repetition, however busy the machine, and say nothing of caches or latencies. Fails where NEON takes more than LIMIT
times what SSE takes, at the geometric mean of all cases. Those above it are marked.

SPDX-License-Identifier: MIT
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import geometric_mean

HERE = Path(__file__).resolve().parent
LIMIT = 1.3


def build_plugin(folder):
    said = subprocess.run(["qemu-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    interface = 1 if int(re.search(r"version (\d+)", said).group(1)) < 9 else 2
    plugin = folder / "count.so"
    flags = ["-std=c11", "-O2", "-shared", "-fPIC", f"-DINTERFACE={interface}"]
    subprocess.run(["cc", *flags, str(HERE / "count.c"), "-o", str(plugin)], check=True)
    return plugin


def build_program(compiler, library, folder):
    program = folder / f"instructions-{compiler}"
    flags = ["-std=c11", "-O2", "-D_GNU_SOURCE", f"-I{library / 'include'}", f"-I{HERE.parent / 'core'}"]
    libraries = [f"-L{library}", "-llraptors", "-Wl,--allow-shlib-undefined"]
    subprocess.run([compiler, *flags, str(HERE / "instructions.c"), *libraries, "-o", str(program)], check=True)
    return program


def count(emulator, plugin, program, paths, backend):
    """Instructions an element, by (operation, dtype, case)."""
    environment = {"LD_LIBRARY_PATH": ":".join(map(str, paths)), "RAPTORS_SIMD": backend}
    guest = [part for name, value in environment.items() for part in ("-E", f"{name}={value}")]
    run = subprocess.run([*emulator, *guest, "-plugin", str(plugin), str(program)], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{emulator[0]}: {run.stderr}")
    marks = [int(line) for line in run.stderr.split()]
    cases = [line.split() for line in run.stdout.splitlines()]
    assert len(marks) == 2 * len(cases), "a mark for the beginning and the end of each case"
    return {
        (operation, dtype, case): (end - begin) / int(elements)
        for (operation, dtype, case, elements), begin, end in zip(cases, marks[::2], marks[1::2], strict=True)
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("x86_64", type=Path)
    parser.add_argument("aarch64", type=Path)
    parser.add_argument("sysroot", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plugin = build_plugin(folder)
        x86_64, aarch64 = options.x86_64.resolve(), options.aarch64.resolve()
        sse = count(["qemu-x86_64", "-cpu", "Nehalem"], plugin, build_program("gcc", x86_64, folder), [x86_64], "sse")
        neon = count(
            ["qemu-aarch64", "-cpu", "cortex-a53", "-L", "/usr/aarch64-linux-gnu"],
            plugin,
            build_program("aarch64-linux-gnu-gcc", aarch64, folder),
            [aarch64, options.sysroot.resolve() / "usr/lib/aarch64-linux-gnu"],
            "neon",
        )
    rows = sorted(((neon[case] / sse[case], case) for case in sse), reverse=True)
    print(f"{'operation':12}{'dtype':10}{'case':10}{'SSE':>8}{'NEON':>8}{'ratio':>8}   instructions an element")
    for ratio, case in rows:
        print(f"{case[0]:12}{case[1]:10}{case[2]:10}{sse[case]:8.2f}{neon[case]:8.2f}{ratio:8.2f}{'  *' if ratio > LIMIT else ''}")
    mean = geometric_mean(ratio for ratio, _ in rows)
    above = sum(ratio > LIMIT for ratio, _ in rows)
    print(f"{len(rows)} cases, {above} above {LIMIT}; geometric mean {mean:.2f} (at most {LIMIT})")
    return int(mean > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
