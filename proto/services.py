#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""services.py NAME SET FOLDER: writes NAME.rpc-c.h and NAME.rpc-c.c, the tables that protobuf-c's generator leaves out.

SET is a packed FileDescriptorSet. The tables are those of plugin/rpc/grpc_service.h: which methods stream, the files for
reflection, and where each name stands."""
import pathlib
import re
import sys

# Field numbers of google/protobuf/descriptor.proto.
SET_FILE = 1
FILE_NAME, FILE_PACKAGE, FILE_IMPORT, FILE_MESSAGE, FILE_ENUM, FILE_SERVICE, FILE_EXTENSION = 1, 2, 3, 4, 5, 6, 7
MESSAGE_NAME, MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM, MESSAGE_EXTENSION, MESSAGE_ONEOF = 1, 2, 3, 4, 6, 8
SERVICE_NAME, SERVICE_METHOD = 1, 2
METHOD_NAME, METHOD_CLIENT_STREAMS, METHOD_SERVER_STREAMS = 1, 5, 6
ENUM_NAME, ENUM_VALUE = 1, 2
NAME = 1


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Field number to the list of its values: bytes or numbers."""
    out, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = {1: 8, 5: 4}[kind]
            value, at = data[at:at + size], at + size
        out.setdefault(key >> 3, []).append(value)
    return out


def text(message, number):
    return message.get(number, [b""])[0].decode()


def joined(scope, name):
    return f"{scope}.{name}" if scope else name


def names_of_enum(data, scope):
    enum = fields(data)
    yield joined(scope, text(enum, ENUM_NAME))
    for value in enum.get(ENUM_VALUE, []):  # the values of an enum stand beside it
        yield joined(scope, text(fields(value), NAME))


def names_of_message(data, scope):
    message = fields(data)
    name = joined(scope, text(message, MESSAGE_NAME))
    yield name
    for part in message.get(MESSAGE_FIELD, []) + message.get(MESSAGE_ONEOF, []):
        yield joined(name, text(fields(part), NAME))
    for nested in message.get(MESSAGE_NESTED, []):
        yield from names_of_message(nested, name)
    for enum in message.get(MESSAGE_ENUM, []):
        yield from names_of_enum(enum, name)


def extends(message):
    """Whether an extension stands in it, or in a message within it."""
    parts = fields(message)
    return MESSAGE_EXTENSION in parts or any(extends(m) for m in parts.get(MESSAGE_NESTED, []))


class File:
    def __init__(self, data):
        self.data, parts = data, fields(data)
        if FILE_EXTENSION in parts or any(extends(m) for m in parts.get(FILE_MESSAGE, [])):
            raise SystemExit(f"{text(parts, FILE_NAME)}: extensions are not reflected")
        self.name, self.package = text(parts, FILE_NAME), text(parts, FILE_PACKAGE)
        self.imports = [i.decode() for i in parts.get(FILE_IMPORT, [])]
        self.services = [fields(s) for s in parts.get(FILE_SERVICE, [])]
        self.names = []
        for message in parts.get(FILE_MESSAGE, []):
            self.names += names_of_message(message, self.package)
        for enum in parts.get(FILE_ENUM, []):
            self.names += names_of_enum(enum, self.package)
        for service in self.services:
            name = joined(self.package, text(service, SERVICE_NAME))
            self.names += [name] + [joined(name, text(fields(m), METHOD_NAME)) for m in service.get(SERVICE_METHOD, [])]

    def needs(self, by_name):
        order, todo = [], [self.name]
        while todo:
            name = todo.pop(0)
            if name not in order:
                order.append(name)
                todo += by_name[name].imports
        return order


def protobuf_c_name(full_name):
    return "__".join(re.sub(r"(?<=[^A-Z])(?=[A-Z])", "_", part).lower() for part in full_name.split("."))


def c_bytes(data):
    rows = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    return ",\n    ".join(rows)


def services_of(files):
    for file in files:
        for service in file.services:
            full = joined(file.package, text(service, SERVICE_NAME))
            methods = [fields(m) for m in service.get(SERVICE_METHOD, [])]
            yield file, full, [(bool(m.get(METHOD_CLIENT_STREAMS, [0])[0]), bool(m.get(METHOD_SERVER_STREAMS, [0])[0]),
                                text(m, METHOD_NAME)) for m in methods]


def header(name, services):
    guard = re.sub(r"\W", "_", name).upper() + "_RPC_C_H"
    lines = ["/* Made by proto/services.py. */", f"#ifndef {guard}", f"#define {guard}", "", '#include "rpc/grpc_service.h"', ""]
    lines += [f"extern const struct rpc_service rpc_service_{full.replace('.', '_')};" for _, full, _ in services]
    return "\n".join(lines + [f"extern const struct rpc_files rpc_files_{name};", "", "#endif", ""])


def source(name, files, services):
    by_name = {f.name: f for f in files}
    index = {f.name: i for i, f in enumerate(files)}
    out = ["/* Made by proto/services.py. */", f'#include "{name}.rpc-c.h"', ""]
    out += [f'#include "{f}.pb-c.h"' for f in sorted({file.name.removesuffix(".proto") for file, _, _ in services})] + [""]
    for i, file in enumerate(files):
        needs = ", ".join(str(index[n]) for n in file.needs(by_name))
        out += [f"static const unsigned char bytes_{i}[] = {{\n    {c_bytes(file.data)}}};",
                f"static const uint16_t needs_{i}[] = {{{needs}}};"]
    out += ["static const struct rpc_file files[] = {"]
    out += [f'    {{"{f.name}", bytes_{i}, sizeof bytes_{i}, needs_{i}, sizeof needs_{i} / sizeof *needs_{i}}},'
            for i, f in enumerate(files)] + ["};", "static const struct rpc_symbol symbols[] = {"]
    symbols = sorted((n.encode(), index[f.name]) for f in files for n in f.names)
    out += [f'    {{"{n.decode()}", {i}}},' for n, i in symbols] + ["};"]
    for i, (_, full, methods) in enumerate(services):
        rows = ", ".join(f"{{{str(c).lower()}, {str(s).lower()}}} /* {m} */" for c, s, m in methods)
        out += [f"static const struct rpc_streams streams_{i}[] = {{{rows}}};"]
    table = [f"{{&{protobuf_c_name(full)}__descriptor, streams_{i}}}" for i, (_, full, _) in enumerate(services)]
    out += [f"const struct rpc_service rpc_service_{full.replace('.', '_')} = {table[i]};"
            for i, (_, full, _) in enumerate(services)]
    out += [f"static const struct rpc_service services[] = {{{', '.join(table)}}};",
            f"const struct rpc_files rpc_files_{name} = {{files, sizeof files / sizeof *files, symbols,",
            "    sizeof symbols / sizeof *symbols, services, sizeof services / sizeof *services};", ""]
    return "\n".join(out)


def main():
    name, packed, folder = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes(), pathlib.Path(sys.argv[3])
    files = [File(f) for f in fields(packed)[SET_FILE]]
    services = list(services_of(files))
    (folder / f"{name}.rpc-c.h").write_text(header(name, services))
    (folder / f"{name}.rpc-c.c").write_text(source(name, files, services))


main()
