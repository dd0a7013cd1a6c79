#!/bin/sh
# check_cpus.sh -- on CPUs that this machine is not, the right backend is chosen and nothing of a wider one runs.
# SPDX-License-Identifier: MIT
# usage: check_cpus.sh TEST_CHOOSE TEST_ARRAY   (programs of this build, x86-64)
set -eu
choose=$1 array=$2
tried=0 wrong=0

# run NAME EXPECTED COMMAND...: the program under an emulator that is NAME
run() {
    name=$1
    TEST_BACKEND=$2
    export TEST_BACKEND
    shift 2
    tried=$((tried + 1))
    if ! output=$("$@" 2>&1); then
        echo "$output"
        echo "BROKEN    $name: not $TEST_BACKEND"
        wrong=$((wrong + 1))
    else
        echo "survived  $name: $TEST_BACKEND"
    fi
}

if command -v qemu-x86_64-static >/dev/null; then
    for cpu in qemu64=scalar phenom=scalar Penryn=scalar Nehalem=sse SandyBridge=sse Haswell=avx2 EPYC=avx2 max=avx2; do
        run "${cpu%%=*}" "${cpu#*=}" qemu-x86_64-static -cpu "${cpu%%=*}" "$choose"
    done
    run "Nehalem, views and errors" sse qemu-x86_64-static -cpu Nehalem "$array"
    # A variable may only lower the level.
    run "Nehalem, asked for avx512" sse env RAPTORS_SIMD=avx512 qemu-x86_64-static -cpu Nehalem "$choose"
else
    echo "SKIPPED other CPUs (no qemu-x86_64-static)"
fi
if command -v valgrind >/dev/null; then
    run valgrind avx2 valgrind -q --error-exitcode=1 "$choose"
else
    echo "SKIPPED valgrind (not installed)"
fi
[ $tried -gt 0 ] || exit 77
echo "$tried faults tried, $((tried - wrong)) survived"
[ $wrong = 0 ]
