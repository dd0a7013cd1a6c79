#!/bin/sh
# check_exports.sh -- the library exports the names of tests/symbols.txt and those of core/ops.def, and no other.
# SPDX-License-Identifier: MIT
# usage: check_exports.sh NM LIBRARY
set -eu
nm=$1 library=$2
tests=$(cd "$(dirname "$0")" && pwd)
expected=$({
    grep -v '^#' "$tests/symbols.txt"
    sed -n 's/^RP_[A-Z0-9]*(\([a-z][a-z0-9_]*\),.*"[^"]*")$/raptors_\1/p' "$tests/../core/ops.def"
} | sort)
exported=$("$nm" -D --defined-only "$library" | awk '{ print $NF }' | sort)
if [ "$expected" != "$exported" ]; then
    echo "expected but not exported, and exported but not expected:"
    printf '%s\n%s\n' "$expected" "$exported" | sort | uniq -u
    exit 1
fi
echo "$(echo "$exported" | wc -l) names exported, each of them listed"
