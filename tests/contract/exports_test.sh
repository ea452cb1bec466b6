#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# The shared library exports exactly what core/acg.map lists, and the map lists exactly what the public headers declare.
#   exports_test.sh LIBRARY MAP INCLUDE_FOLDER
set -euo pipefail
export LC_ALL=C
library=$1 map=$2 include=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >"$work/exported"
sed -n 's/^    \(acg_[a-z0-9_]*\);$/\1@@ACG_0.1/p' "$map" | sort >"$work/mapped"
echo '#include <acg/acg.h>' | cc -E -P -I "$include" - | tr '\n' ' ' | tr ';' '\n' | grep 'visibility("default")' |
    sed -E 's/.*[ *](acg_[a-z0-9_]+) ?\(.*/\1@@ACG_0.1/' | sort >"$work/declared"

count=$(wc -l <"$work/mapped")
[ "$count" -gt 0 ] || { echo "no symbol found in $map"; exit 1; }
diff "$work/mapped" "$work/exported" || { echo "left: core/acg.map, right: exported by $library"; exit 1; }
diff "$work/mapped" "$work/declared" || { echo "left: core/acg.map, right: declared in $include"; exit 1; }
echo "$count symbols"
