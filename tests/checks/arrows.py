#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Room arrows: every include line of core/ and plugin/ points to a room, or to an outside library, that its room may use.

A room may use the rooms its row names and whatever those may use; outside headers only where its row names them."""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]

# room: (rooms it may use, outside libraries it may use)
CORE = {
    "include/acg": ([], []),
    "base": (["include/acg"], []),
    "http": (["base"], []),
    "governor": (["http"], []),
    "json": (["base"], ["jansson"]),
    "model": (["base"], []),
    "plan": (["model"], []),
    "arm": (["plan", "http", "json"], ["jansson"]),
    "auth": (["http", "json"], ["jansson", "openssl"]),
    "report": (["arm"], ["jansson"]),
    "work": (["arm", "journal"], ["jansson"]),
    "journal": (["model", "json"], ["jansson", "openssl"]),
    "preflight": (["plan", "work", "report"], ["jansson"]),
    "publish": (["preflight", "report"], ["jansson"]),
    "verify": (["publish"], []),
    "watch": (["publish"], []),
    "vm": (["work", "report"], ["jansson"]),
    "setup": (["work", "report"], ["jansson"]),
    "engine": (["publish", "verify", "watch", "vm", "setup", "auth", "governor"], ["curl", "os", "openssl"]),
}
PLUGIN = {
    "include/acg": ([], []),
    "base": (["include/acg"], []),
    "proto": ([], []),
    "wire": (["base", "proto"], ["msgpack", "protobuf-c"]),
    "spec": (["wire", "include/acg"], ["jansson"]),
    "template": (["base"], []),
    "packer": (["wire", "spec", "template"], ["jansson"]),
    "rpc": (["base", "include/acg", "spec", "packer", "proto"], ["nghttp2", "protobuf-c", "zlib"]),
    "cli": (["include/acg", "spec"], ["jansson", "os"]),
    "app": (["packer", "rpc", "cli", "wire", "spec", "include/acg"], ["os", "jansson", "openssl"]),
}
LIBRARIES = {
    "curl": r"^curl/",
    "jansson": r"^jansson\.h$",
    "openssl": r"^openssl/",
    "msgpack": r"^msgpack(\.h$|/)",
    "protobuf-c": r"^protobuf-c/",
    "nghttp2": r"^nghttp2/",
    "zlib": r"^zlib\.h$",
    # the outside world: sockets, files, clocks, processes, signals
    "os": r"^(sys/|netinet/|arpa/|netdb\.h|poll\.h|unistd\.h|fcntl\.h|signal\.h|spawn\.h|pthread\.h|dirent\.h|glob\.h)",
}
C_STANDARD = {"assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h", "stdbool.h",
              "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "time.h", "strings.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def closure(table, room):
    seen, todo = {room}, [room]
    while todo:
        for used in table[todo.pop()][0]:
            if used not in seen:
                seen.add(used)
                todo.append(used)
    return seen


def room_of(path, house):
    parts = path.relative_to(TOP / house).parts
    if parts[0] == "include":
        return "include/acg"
    return parts[0]


def check_file(path, house, table):
    room = room_of(path, house)
    if room not in table:
        return [f"{path.relative_to(TOP)}: room {room} has no row in tests/checks/arrows.py"]
    allowed, libraries, faults = closure(table, room), table[room][1], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        where = f"{path.relative_to(TOP)}:{number}"
        if name.startswith("acg/"):
            if "include/acg" not in allowed:
                faults.append(f"{where}: {room} may not include <{name}>")
        elif kind == '"':
            target = name.split("/")[0]
            if name.endswith((".pb-c.h", ".rpc-c.h")):
                target = "proto"
            if target not in allowed:
                faults.append(f'{where}: {room} may not use {target} ("{name}")')
        elif name not in C_STANDARD:
            library = next((l for l, p in LIBRARIES.items() if re.search(p, name)), None)
            if library is None:
                faults.append(f"{where}: <{name}> belongs to no known library")
            elif library not in libraries:
                faults.append(f"{where}: {room} may not use {library} (<{name}>)")
    return faults


def main():
    faults, files = [], 0
    for house, table in (("core", CORE), ("plugin", PLUGIN)):
        for path in sorted((TOP / house).rglob("*.[ch]")):
            files += 1
            faults += check_file(path, house, table)
    print("\n".join(faults + [f"{files} files, {len(faults)} forbidden arrows"]))
    return 1 if faults or files == 0 else 0


sys.exit(main())
