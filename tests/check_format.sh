#!/bin/sh
# check_format.sh -- every C file is as clang-format 14 leaves it. usage: check_format.sh [-i]
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/.."
tool=$(command -v clang-format-14 || command -v clang-format || true)
case $([ -z "$tool" ] || "$tool" --version) in
*"version 14."*) ;;
*)
    echo "skipped: no clang-format 14"
    exit 77
    ;;
esac
files=$(find core backends dispatch telemetry tests python bench -name '*.[ch]' -not -path '*/build/*')
# shellcheck disable=SC2086 # several files
if [ "${1:-}" = -i ]; then
    "$tool" -i $files
else
    "$tool" --dry-run --Werror $files
    echo "$(echo "$files" | wc -l) files formatted"
fi
