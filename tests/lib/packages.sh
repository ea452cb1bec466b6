# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
# Debian packages: says what is missing, installs exactly that. Sourced by examples/quickstart, plugin/release/build and tests/run.

# shellcheck disable=SC2034 # used by the scripts that source this file
PACKAGES_BUILD="build-essential cmake ninja-build pkg-config libcurl4-openssl-dev libjansson-dev libssl-dev
    libprotobuf-c-dev protobuf-c-compiler libmsgpack-dev libmicrohttpd-dev libnghttp2-dev zlib1g-dev python3"
# Beside those, for the release files (ACG_RELEASE): archives to link, and what fetches and unpacks Debian's source of curl.
# shellcheck disable=SC2034
PACKAGES_RELEASE="libc-ares-dev dpkg-dev debian-archive-keyring ca-certificates"

# install_packages NAME...: installs those that are missing; quiet when none is.
install_packages() {
    local missing=() name sudo=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    printf 'Installing Debian packages: %s\n' "${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || {
            echo "These packages need root to be installed, and sudo is not there. As root, run: apt-get install ${missing[*]}" >&2
            return 1
        }
        sudo=(sudo)
    fi
    local log
    log=$(mktemp)
    if ! { "${sudo[@]}" apt-get update -qq &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
