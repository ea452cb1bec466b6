#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Installs the library once for all tests that use it from outside. In one place, and then moved to another: nothing in the
# tree may depend on where it was put first.
#   install.sh BUILD_FOLDER PREFIX
set -eu
build=$1 prefix=$2
rm -rf "$prefix" "$prefix-first"
cmake --install "$build" --prefix "$prefix-first" --component library
mv "$prefix-first" "$prefix"
