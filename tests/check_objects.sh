#!/bin/sh
# check_objects.sh -- each object runs on the CPUs that it says: no wider instruction set, one symbol a backend.
# SPDX-License-Identifier: MIT
# usage: check_objects.sh NM OBJDUMP ARCHITECTURE BACKEND=OBJECT... OBJECT...   (the latter: no backend's)
set -eu
nm=$1 objdump=$2 architecture=$3
shift 3

# What an object must not contain, as extended expressions on the disassembly after the address.
vex='	v[a-z][a-z0-9]* |	(andn|bextr|bls[a-z]+|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx) |%[yz]mm'
evex='%zmm|%k[0-7]|%[xy]mm(1[6-9]|2[0-9]|3[01])'
leaks=0
for pair in "$@"; do
    name=${pair%%=*} object=${pair#*=}
    case $name in
    */*) ;; # a path: no backend's
    *)
        symbols=$("$nm" -g --defined-only "$object" | awk '{ print $NF }')
        if [ "$symbols" != "rp_kernels_$name" ]; then
            echo "$object exports:" "$symbols"
            leaks=1
        fi
        ;;
    esac
    [ "$architecture" = x86_64 ] || continue
    case $name in
    avx512) continue ;;
    avx2) forbidden=$evex ;;
    *) forbidden=$vex ;;
    esac
    if "$objdump" -d --no-show-raw-insn "$object" | grep -E "$forbidden" | head -3 | grep .; then
        echo "$object: an instruction that not every CPU of its level has"
        leaks=1
    fi
done
[ $leaks = 0 ] && echo "$# objects: one symbol a backend, no instruction above its level"
