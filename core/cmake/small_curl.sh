#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# small_curl.sh FOLDER: makes FOLDER/libcurl.a from Debian's source package of curl, with its security patches: https and
# http over OpenSSL and nghttp2, and nothing else. Nothing is installed, no file of the system is touched: apt gets its
# own list of sources, taken from the machine's, and its own folders below FOLDER. What is there already is kept as long
# as neither the version of the package nor this script changes; without network it is kept as it is.
set -eu
script=$(realpath "$0")
mkdir -p "$1"
folder=$(realpath "$1")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
stamp=$folder/stamp

# c-ares: the resolver of a static glibc would load the name service modules of whatever system it runs on.
# Dates are still parsed: Retry-After may hold one. No default place for authorities: the program looks itself.
options="--disable-shared --enable-static --disable-dependency-tracking --enable-symbol-hiding
    --with-openssl --with-nghttp2 --enable-ares --enable-ipv6 --enable-http --enable-proxy --enable-unix-sockets
    --without-zlib --without-brotli --without-zstd --without-libidn2 --without-libpsl --without-libssh2 --without-librtmp
    --without-gssapi --without-ca-bundle --without-ca-path --without-nghttp3 --without-ngtcp2 --without-libgsasl
    --disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-telnet
    --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt
    --disable-ntlm --disable-ntlm-wb --disable-kerberos-auth --disable-negotiate-auth --disable-aws --disable-tls-srp
    --disable-cookies --disable-netrc --disable-hsts --disable-alt-svc --disable-doh --disable-mime --disable-manual
    --disable-dnsshuffle --disable-libcurl-option --disable-progress-meter --disable-websockets"
flags="-O2 -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2"

apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

# The machine's own Debian mirrors, as places of source packages. A machine that has thrown its package lists away says
# which they are after a private update.
list_sources() {
    set -- 'Created-By: Packages' 'Origin: Debian' --format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)"
    sources=$(apt-get indextargets "$@")
    if [ -z "$sources" ]; then
        private="-o Dir::State::lists=$folder/lists -o Dir::Cache=$folder/cache -o APT::Sandbox::User=$(id -un)"
        # shellcheck disable=SC2086
        apt-get -qq $private update
        # shellcheck disable=SC2086
        sources=$(apt-get $private indextargets "$@")
    fi
    printf '%s\n' "$sources" | sort -u >"$folder/sources.list"
}

newest() {
    version=
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    list_sources && apt update && version=$(apt source --print-uris --only-source curl | sed -n 's/.* curl_\([^ ]*\)\.dsc .*/\1/p')
    [ -n "$version" ]
}

# Each step by name: called as a condition, a function goes on behind a step that failed. An old library never stays
# behind a build that fails.
# shellcheck disable=SC2086
build() {
    rm -rf "$folder/source" "$folder/build" "$stamp" "$folder/libcurl.a" &&
        mkdir -p "$folder/source" "$folder/build" &&
        (cd "$folder/source" && apt source --only-source curl) &&
        configure=$(echo "$folder"/source/curl-*/configure) &&
        (cd "$folder/build" && "$configure" CFLAGS="$flags -ffile-prefix-map=$folder=." $options) &&
        make -C "$folder/build/lib" -j"$(nproc)" libcurl.la &&
        mv "$folder/build/lib/.libs/libcurl.a" "$folder/libcurl.a" &&
        rm -rf "$folder/source" "$folder/build"
}

log=$folder/log
if ! newest >"$log" 2>&1; then
    if [ -e "$stamp" ]; then
        echo "small_curl.sh: Debian's mirror does not answer; libcurl stays as it is: $(head -n 1 "$stamp")" >&2
        exit 0
    fi
    cat "$log" >&2
    exit 1
fi
key=$(printf 'curl %s\n%s\n' "$version" "$(sha256sum <"$script")")
[ "$(cat "$stamp" 2>/dev/null)" != "$key" ] || exit 0
if ! build >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    exit 1
fi
printf '%s\n' "$key" >"$stamp"
