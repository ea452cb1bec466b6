#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The interface acg.v1: its style, and that it stays compatible with the baseline in the tree.

    proto_test.py DESCRIPTOR_SET BASELINE            compare
    proto_test.py DESCRIPTOR_SET BASELINE --update   write the baseline anew, after a change that is compatible
"""
import copy
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim" / "test"))
from google.protobuf import descriptor_pb2  # noqa: E402
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

SET = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(sys.argv[1]).read_bytes())
SERVICES = pathlib.Path(__file__).resolve().parents[2] / "proto" / "services.py"
BASELINE = pathlib.Path(sys.argv[2])
FIELD = descriptor_pb2.FieldDescriptorProto
SNAKE, CAMEL = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*"), re.compile(r"([A-Z][a-z0-9]*)+")


def messages(found, scope):
    for message in found:
        name = f"{scope}.{message.name}"
        yield name, message
        yield from messages(message.nested_type, name)


def type_of(field):
    name = field.type_name.removeprefix(".") or FIELD.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"repeated {name}" if field.label == FIELD.LABEL_REPEATED else name


def lines(found):
    """Everything that a client relies on, one line each."""
    for file in found.file:
        for name, message in messages(file.message_type, file.package):
            yield f"message {name}"
            for field in message.field:
                choice = f" in {message.oneof_decl[field.oneof_index].name}" if field.HasField("oneof_index") else ""
                yield f"field {name}.{field.name} = {field.number}: {type_of(field)}{choice}"
        for enum in file.enum_type:
            for value in enum.value:
                yield f"value {file.package}.{enum.name}.{value.name} = {value.number}"
        for service in file.service:
            for method in service.method:
                streams = ["stream " if s else "" for s in (method.client_streaming, method.server_streaming)]
                yield (f"method {file.package}.{service.name}.{method.name}({streams[0]}{method.input_type.removeprefix('.')}) "
                       f"returns ({streams[1]}{method.output_type.removeprefix('.')})")


def lost(found):
    """What the baseline promises and the interface does not hold any more."""
    return sorted(set(BASELINE.read_text().splitlines()) - set(lines(found)))


@test
def nothing_of_the_baseline_is_lost():
    equal(lost(SET), [])


@test
def the_baseline_knows_everything():
    equal(sorted(set(lines(SET)) - set(BASELINE.read_text().splitlines())), [], "run proto_test.py with --update")


def broken(change):
    other = copy.deepcopy(SET)
    files = {f.name.rsplit("/", 1)[-1]: f for f in other.file}
    change(files)
    return lost(other)


@test
def a_break_is_noticed():
    def number(files):
        files["publisher.proto"].message_type[0].field[0].number = 9

    def kind(files):
        files["publisher.proto"].message_type[0].field[0].type = FIELD.TYPE_BYTES

    def name(files):
        files["errors.proto"].message_type[0].field[0].name = "state"

    def gone(files):
        del files["publisher.proto"].service[0].method[-1]

    def stream(files):
        files["publisher.proto"].service[0].method[1].server_streaming = False

    def value(files):
        files["errors.proto"].enum_type[0].value[1].number = 7

    for change in (number, kind, name, gone, stream, value):
        holds(len(broken(change)) > 0, f"{change.__name__} was not noticed")
    equal(broken(lambda files: files["errors.proto"].message_type[0].field.add(name="more", number=99, type=FIELD.TYPE_BOOL)), [])


@test
def names_are_written_as_everywhere():
    for file in SET.file:
        equal((file.package, file.syntax), ("acg.v1", "proto3"), file.name)
        holds(file.name.startswith("acg/v1/"), file.name)
        for name, message in messages(file.message_type, file.package):
            holds(CAMEL.fullmatch(message.name), name)
            for field in message.field:
                holds(SNAKE.fullmatch(field.name) and not field.proto3_optional, f"{name}.{field.name}")
        for enum in file.enum_type:
            prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name).upper() + "_"
            holds(all(v.name.startswith(prefix) for v in enum.value), enum.name)
            equal((enum.value[0].number, enum.value[0].name), (0, prefix + "UNSPECIFIED"))


@test
def each_method_has_messages_of_its_own():
    used = [t for f in SET.file for s in f.service for m in s.method for t in (m.input_type, m.output_type)]
    equal(len(used), len(set(used)))
    for file in SET.file:
        for service in file.service:
            for method in service.method:
                for have, end in ((method.input_type, "Request"), (method.output_type, "Response")):
                    holds(have in (f".acg.v1.{method.name}{end}", f".acg.v1.{service.name}{method.name}{end}"), have)


@test
def no_message_holds_itself():
    uses = {name: {f.type_name.removeprefix(".") for f in m.field} for file in SET.file for name, m in messages(file.message_type, file.package)}
    for name in uses:
        seen, todo = set(), set(uses[name])
        while todo:
            one = todo.pop()
            seen.add(one)
            todo |= uses.get(one, set()) - seen
        holds(name not in seen, name)


def tables_of(file):
    """What services.py says of a file, while it makes its tables."""
    with tempfile.TemporaryDirectory() as folder:
        packed = pathlib.Path(folder, "set")
        packed.write_bytes(descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString())
        return subprocess.run([sys.executable, "-B", SERVICES, "x", packed, folder], capture_output=True, text=True)


@test
def extensions_are_refused_however_deep_they_stand():
    for depth in range(4):
        file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="x", syntax="proto3")
        scope = file
        for _ in range(depth):
            scope = (scope.message_type if scope is file else scope.nested_type).add(name="M")
        equal(tables_of(file).returncode, 0, "without an extension")
        scope.extension.add(name="e", number=50000, extendee=".google.protobuf.FieldOptions", type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
        done = tables_of(file)
        equal((done.returncode, done.stderr.strip()), (1, "x.proto: extensions are not reflected"), f"depth {depth}")


if sys.argv[3:] == ["--update"]:
    BASELINE.write_text("\n".join(sorted(lines(SET))) + "\n")
    sys.exit(0)
report = Report()
report.run(tests_of(globals()))
report.end()
