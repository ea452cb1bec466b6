#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Each public header compiles alone, as C11 and as C++, without a warning.
#   headers_test.sh INCLUDE_FOLDER
set -euo pipefail
include=$1
count=0
for header in "$include"/acg/*.h; do
    # a header of macros alone would leave an empty translation unit
    line="#include <acg/$(basename "$header")>"$'\n'"extern int something;"
    echo "$line" | cc -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wundef -Werror -fsyntax-only -I "$include" -x c -
    for standard in c++11 c++17; do
        echo "$line" | c++ -std=$standard -Wall -Wextra -Wpedantic -Wold-style-cast -Wundef -Werror -fsyntax-only -I "$include" -x c++ -
    done
    count=$((count + 1))
done
[ $count -gt 0 ] || { echo "no header in $include/acg"; exit 1; }
echo "$count headers"
