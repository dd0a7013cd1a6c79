#!/bin/sh
# check_header.sh -- raptors.h compiles alone, as C11 and as C++, in the tree and as installed.
# SPDX-License-Identifier: MIT
# usage: check_header.sh CC GENERATED_INCLUDE_DIR
set -eu
cc=$1 generated=$2
core=$(cd "$(dirname "$0")/../core" && pwd)
source='#include "raptors.h"
raptors_status first(const raptors_array *a);
raptors_status first(const raptors_array *a) { return raptors_sum(a, RAPTORS_AXIS(0) | RAPTORS_ALL_AXES, a); }'
for folder in "$core" "$generated"; do
    for language in "c -std=c11" "c++ -std=c++11" "c++ -std=c++20"; do
        # shellcheck disable=SC2086 # a language and its standard
        echo "$source" | "$cc" -x $language -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$folder" -
        echo "compiles: $folder as ${language#* -std=}"
    done
done
# The installed one needs nothing of ours, and says what each function does.
! grep -n 'RP_\|\.def"' "$generated/raptors.h"
