#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Publish one image version through `acg serve`, and follow it to its end. On Debian 12, with python3-grpcio, python3-protobuf,
protobuf-compiler and protobuf-compiler-grpc, at the top of the source tree:

    export PYTHONPATH=stubs
    mkdir -p stubs
    protoc -I proto --python_out=stubs --grpc_python_out=stubs --plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin proto/acg/v1/*.proto
    python3 examples/publish_grpc.py unix:/run/acg/acg.sock publish.json

publish.json holds the fields of `acg publish --file`, without login and endpoints: those are the server's. When the connection
breaks, the publish goes on, and Watch attaches again behind the last event that was seen. The exit code is that of `acg publish`."""
import sys

import grpc
from acg.v1 import errors_pb2, publisher_pb2, publisher_pb2_grpc


def end(said):
    """Say what went wrong, and exit."""
    print(f"{said.status}: {said.field} {said.message} {said.arm_code} {said.request_id} {said.fix}", file=sys.stderr)
    sys.exit(said.exit_code)


def explain(error):
    """The same from the details of a call that failed."""
    packed = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    for detail in errors_pb2.Status.FromString(packed).details:
        end(errors_pb2.Error.FromString(detail.value))
    sys.exit(f"{error.code().name}: {error.details()}")


def follow(stub, configuration):
    """The events of a publish, whatever happens to the connection."""
    publish_id, last = "", 0
    call = stub.Publish(publisher_pb2.PublishRequest(configuration_json=configuration))
    while True:
        try:
            for response in call:
                event = response.event
                publish_id = event.started.publish_id or publish_id
                last = max(last, event.number)
                yield event
                if event.HasField("done"):
                    return
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or not publish_id:
                explain(error)
        request = publisher_pb2.WatchRequest(publish_id=publish_id, after_event=last)
        call = stub.Watch(request, wait_for_ready=True)


def main():
    target, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        configuration = file.read()
    with grpc.insecure_channel(target) as channel:
        for event in follow(publisher_pb2_grpc.PublisherStub(channel), configuration):
            print(f"{event.elapsed_ms / 1000:8.1f} s  {event.text}", flush=True)
    if event.done.error.status:
        end(event.done.error)
    for region in event.done.result.regions:
        for disk in region.disks:
            print(f"  {region.name}, {disk.disk}: {disk.disk_encryption_set_id or 'platform key'}")


main()
