# SPDX-License-Identifier: MPL-2.0
"""HTTP/2 frames by hand, for clients that no library would be: who floods, who stops in the middle, who does not read."""
import collections
import selectors
import socket
import struct
import time

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
NO_ERROR, PROTOCOL_ERROR, _, FLOW_CONTROL_ERROR, _, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, _, \
    ENHANCE_YOUR_CALM = range(12)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = range(1, 6)
LOOK_SECONDS = 0.05  # how often until() is asked while nothing comes
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GRPC_STATUS = bytes.fromhex("889acac8b21234da8f")  # "grpc-status" in HPACK's Huffman code, its length before it

Frame = collections.namedtuple("Frame", "type flags stream payload")


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values):
    """settings(INITIAL_WINDOW_SIZE=1)"""
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", globals()[name], value) for name, value in values.items()))


def window_update(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def rst(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def integer(value, bits, mark):
    """HPACK's integers."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([mark | value])
    out, value = [mark | most], value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def literal(name, value, mark=0x10):
    """A header field that stays out of the table (mark 0x40: goes into it)."""
    name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
    return bytes([mark]) + integer(len(name), 7, 0) + name + integer(len(value), 7, 0) + value


def block(path, *more):
    return b"".join(literal(*pair) for pair in ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
                                               ("content-type", "application/grpc"), ("te", "trailers"), *more))


def call(stream, path, *more, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block(path, *more))


def message(data, compressed=False):
    return struct.pack(">BI", compressed, len(data)) + data


class Raw:
    """A connection whose answers are read as frames. first: what is sent at the very beginning."""

    def __init__(self, path, seconds, first=PREFACE + settings(HEADER_TABLE_SIZE=0)):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.seconds, self.closed, self.sent = seconds, False, 0
        self.got, self.frames, self.pending = bytearray(), [], bytearray(first)
        self.on_frame = self.frames.append

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def _write(self):
        try:
            n = self.socket.send(memoryview(self.pending)[:1 << 16])
            del self.pending[:n]
            self.sent += n
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self.pending.clear()
            self._read()
            self.closed = True

    def _read(self):
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        self.closed = not data
        self.got += data
        at = 0
        while len(self.got) - at >= 9:
            size = int.from_bytes(self.got[at:at + 3], "big")
            if len(self.got) - at - 9 < size:
                break
            kind, flags, stream = struct.unpack_from(">BBI", self.got, at + 3)
            self.on_frame(Frame(kind, flags, stream, bytes(self.got[at + 9:at + 9 + size])))
            at += 9 + size
        del self.got[:at]

    def play(self, chunks=(), until=None, read=True, stuck=None):
        """Send chunks, reading what comes; ends when the server closes, until() holds, or all was sent and there is no until.
        stuck: called when the socket takes nothing more at the moment; ends when it answers True."""
        chunks, last = iter(chunks), time.monotonic()
        with selectors.DefaultSelector() as wait:
            wait.register(self.socket, selectors.EVENT_READ)
            while not self.closed and not (until and until()):
                if not self.pending:
                    self.pending += next(chunks, b"")
                if not self.pending and until is None:
                    return
                wait.modify(self.socket, (selectors.EVENT_READ if read or not self.pending else 0) | (selectors.EVENT_WRITE if self.pending else 0))
                ready = wait.select(LOOK_SECONDS)
                if ready:
                    last = time.monotonic()
                elif stuck is not None and stuck():
                    return
                elif time.monotonic() > last + self.seconds:
                    raise AssertionError(f"nothing happens: {self.sent} bytes sent, {self.frames[-3:]} came")
                for _, events in ready:
                    if events & selectors.EVENT_WRITE:
                        self._write()
                    if events & selectors.EVENT_READ and not self.closed:
                        self._read()

    def look(self):
        """Take what is there, and answer it."""
        self._read()
        self.play()

    def rest(self):
        """Read until the server closes."""
        self.play(until=lambda: False)

    def goaway(self):
        """Error code of the GOAWAY; None: none came."""
        return next((struct.unpack_from(">I", f.payload, 4)[0] for f in self.frames[::-1] if f.type == GOAWAY), None)

    def resets(self):
        """Stream to error code."""
        return {f.stream: struct.unpack(">I", f.payload)[0] for f in self.frames if f.type == RST_STREAM}

    def statuses(self):
        """Stream to gRPC status, of those whose headers or trailers told one."""
        return {f.stream: status_of(f) for f in self.frames if f.type == HEADERS and status_of(f) is not None}


def status_of(f):
    """The gRPC status in a header block that was made without a table; numbers are shorter without Huffman's code."""
    at = f.payload.find(GRPC_STATUS)
    if at < 0:
        return None
    at += len(GRPC_STATUS)
    return int(f.payload[at + 1:at + 1 + f.payload[at]])
