#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# venv.sh FOLDER PACKAGE ARGUMENT...: runs `python ARGUMENT...` with PACKAGE from PyPI, in a virtual environment that is made
# once in FOLDER, whoever comes first. PACKAGE is what pip takes: 'azure-identity>=1.25,<2'.
set -eu
folder=$1
package=$2
shift 2

venv=$folder/venv
exec 9>"$folder/venv.lock"
flock 9
if [ ! -f "$venv/complete" ] || [ "$(cat "$venv/complete")" != "$package" ]; then
    echo "installing $package into $venv" >&2
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" >&2
    echo "$package" >"$venv/complete"
fi
exec 9>&-
exec "$venv/bin/python" "$@"
