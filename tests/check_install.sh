#!/bin/sh
# check_install.sh -- an installed copy, moved, is found by find_package, by pkg-config and by dlopen.
# SPDX-License-Identifier: MIT
# usage: check_install.sh BUILD_DIR CMAKE CC [EMULATOR...]; CMAKE_ARGUMENTS go to the consumer's configuration
set -eu
build=$1 cmake=$2 cc=$3
shift 3
consumer=$(cd "$(dirname "$0")" && pwd)/consumer
work=$build/tests/installed
rm -rf "$work"
mkdir -p "$work"

"$cmake" --install "$build" --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/moved"
libraries=$(dirname "$(find "$work/moved" -name liblraptors.so)")
found=$(find "$work/moved" -type f -o -type l | sed "s|$work/moved/||" | sort | tr '\n' ' ')
echo "installed: $found"

# shellcheck disable=SC2086 # several arguments
"$cmake" -S "$consumer" -B "$work/consumer" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$work/moved" \
    ${CMAKE_ARGUMENTS:-} > "$work/configure.log" || { cat "$work/configure.log"; exit 1; }
"$cmake" --build "$work/consumer" > "$work/build.log" || { cat "$work/build.log"; exit 1; }
echo "find_package: $("$@" "$work/consumer/standardise")"

PKG_CONFIG_PATH=$libraries/pkgconfig
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # several arguments
"$cc" -std=c11 -Wall -Werror "$consumer/standardise.c" -o "$work/standardise" $(pkg-config --cflags --libs raptors) -lm
LD_LIBRARY_PATH=$libraries
export LD_LIBRARY_PATH
echo "pkg-config $(pkg-config --modversion raptors): $("$@" "$work/standardise")"

"$cc" -std=c11 "$consumer/open.c" -o "$work/open" -ldl
"$@" "$work/open" > "$work/backends"
echo "dlopen: runs here: $(tr '\n' ' ' < "$work/backends")"
test -s "$work/backends"
