#!/bin/sh
# check_docs.sh -- follows docs/adding-an-operation.md and docs/adding-a-backend.md in a copy of the tree.
# SPDX-License-Identifier: MIT
# usage: check_docs.sh BUILD_DIR CMAKE CC PYTHON
#
# What is added is read from the pages themselves, so that a page that goes out of date fails.
set -eu
build=$1 cmake=$2 cc=$3 python=$4
source=$(cd "$(dirname "$0")/.." && pwd)
copy=$build/tests/followed
rm -rf "$copy"
mkdir -p "$copy"
cp -r "$source/CMakeLists.txt" "$source/cmake" "$source/core" "$source/backends" "$source/telemetry" \
    "$source/dispatch" "$source/tests" "$source/bench" "$source/docs" "$copy"
cd "$copy"

# The operation: its row after the last of its kind, its body in the same order.
row=$(sed -n 's/^ *\(RP_MAP2(.*)\)$/\1/p' docs/adding-an-operation.md)
body=$(sed -n 's/^ *\(#define RP_BODY_.*\)$/\1/p' docs/adding-an-operation.md)
name=$(echo "$row" | sed 's/RP_MAP2(\([a-z0-9_]*\),.*/\1/')
sed -i "/^RP_MAP2(maximum,/a $row" core/ops.def
sed -i "/^#define RP_BODY_maximum(/a $body" backends/ops.h
changed=$(diff -r "$source/core" core | grep -c '^[<>]' || true)
changed=$((changed + $(diff -r "$source/backends" backends | grep -c '^[<>]' || true)))
[ "$changed" = 2 ] || { echo "$name took $changed lines instead of two"; exit 1; }

# The backend, where this machine is the example's.
backend=
if [ "$(uname -m)" = x86_64 ]; then
    backend=avx
    cp -r backends/sse backends/avx
    rm -r backends/sse backends/avx2 backends/avx512 # others take their time to compile
    sed -n 's/^ *\(set(RP_BACKEND_.*)\)$/\1/p' docs/adding-a-backend.md > backends/avx/backend.cmake
fi

# A Debug build's kernels compile in a third of the time, and at -Og the tests' own code runs soon enough.
"$cmake" -S . -B build -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-Og > configure.log || { cat configure.log; exit 1; }
"$cmake" --build build --parallel 2 --target lraptors test_backends test_kernels > build.log || { cat build.log; exit 1; }

grep -q "raptors_$name(const raptors_array \*a, const raptors_array \*b" build/include/raptors.h
sh tests/check_exports.sh nm build/liblraptors.so
for table in scalar $backend; do
    nm build/CMakeFiles/raptors_backend_"$table".dir/backends/kernels.c.o | grep -q " t ${name}_f64$" ||
        { echo "no kernel of $name in $table"; exit 1; }
done
RAPTORS_SIMD=${backend:-auto} build/tests/test_backends > tests.log 2>&1 || { cat tests.log; exit 1; }
build/tests/test_kernels >> tests.log 2>&1 || { cat tests.log; exit 1; }
echo "$name: two lines; prototype, export, kernels and tests are there${backend:+; backend $backend: one folder}"

# A wrong body, on one backend only, is seen by those tests: the others are kept as they are.
cp -p backends/ops.h right.h
sed -i "s/^#define RP_BODY_$name(t, a, b) .*/#define RP_BODY_$name(t, a, b) ((void)(b), (a))/" backends/ops.h
touch -r right.h backends/ops.h
rm build/CMakeFiles/raptors_backend_"${backend:-neon}".dir/backends/kernels.c.o
"$cmake" --build build --parallel 2 --target test_kernels > build.log || { cat build.log; exit 1; }
if build/tests/test_kernels > wrong.log 2>&1; then
    echo "a wrong $name passes the tests"
    exit 1
fi
grep -q "$name" wrong.log
echo "a wrong body fails them: $(grep -m 1 "$name" wrong.log)"

(cd bench && "$python" -c "import oplist; assert '$name' in [op.name for op in oplist.ops()], 'no benchmark'")
echo "$name: in the benchmarks' list"
