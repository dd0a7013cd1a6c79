#!/bin/sh
# check_elf.sh -- what the loader is told about the library: hardened, position-independent, never unloaded.
# SPDX-License-Identifier: MIT
# usage: check_elf.sh READELF OBJDUMP ARCHITECTURE LIBRARY
set -eu
readelf=$1 objdump=$2 architecture=$3 library=$4
dynamic=$("$readelf" -dW "$library")
segments=$("$readelf" -lW "$library")
fail() {
    echo "$library: $1"
    exit 1
}
has() { echo "$1" | grep -q "$2" || fail "$3"; }
lacks() { ! echo "$1" | grep -q "$2" || fail "$3"; }
has "$dynamic" 'NODELETE' 'may be unloaded while its threads live'
has "$dynamic" 'FLAGS_1.*NOW' 'is not bound at load'
has "$segments" 'GNU_RELRO' 'has no RELRO'
has "$segments" 'GNU_STACK.* RW ' 'has an executable stack'
lacks "$dynamic" 'TEXTREL' 'has text relocations'
lacks "$dynamic" 'STATIC_TLS' 'has static TLS'
lacks "$segments" ' RWE ' 'has memory that is both writable and executable'
others=$(echo "$dynamic" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^lib\(c\|m\|gomp\|omp\)\.so\|^ld-linux' || true)
[ -z "$others" ] || fail "needs $others"
has "$("$readelf" -sW "$library")" '__stack_chk_fail' 'has no stack protector'
[ "$architecture" != x86_64 ] || has "$("$readelf" -nW "$library")" 'SHSTK' 'is not marked for shadow stacks'
case $architecture in # what every function that can be reached by a pointer must begin with
x86_64) landing=endbr64 ;;
aarch64) landing='bti|paciasp' ;;
*) landing=. ;;
esac
bare=$("$objdump" -d --no-show-raw-insn "$library" | grep -A1 '^[0-9a-f]* <raptors_[a-z_0-9]*>:$' |
    grep '^ ' | grep -vcE "$landing" || true)
[ "$bare" = 0 ] || fail "has $bare functions that control-flow protection does not know"
echo "$library: NODELETE NOW RELRO, no TEXTREL, no static TLS, stack and control flow protected"
