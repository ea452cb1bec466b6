# SPDX-License-Identifier: MPL-2.0
"""A CONNECT proxy that leads the public names of Azure to the simulator and refuses every other place.

Packer's azure-arm builder knows the public clouds only: it takes its proxy from HTTPS_PROXY and its authorities from SSL_CERT_FILE.
"""
import socket
import socketserver
import threading

LED = ("login.microsoftonline.com:443", "management.azure.com:443")
HEAD_MAX = 8192  # a CONNECT with its headers is some hundred bytes long
PIECE = 65536


def pump(source, sink):
    """One direction until its end; then the other side is told."""
    try:
        while piece := source.recv(PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the peer is gone: the other direction ends by itself


class Handler(socketserver.StreamRequestHandler):
    def head(self):
        """The request line, its headers read; empty when it is none."""
        line = self.rfile.readline(HEAD_MAX)
        while self.rfile.readline(HEAD_MAX).strip():
            pass
        return line.decode("latin-1").split()

    def handle(self):
        words = self.head()
        place = words[1].lower() if len(words) == 3 and words[0] == "CONNECT" else None
        if place not in LED:
            self.server.refused.append(" ".join(words[:2]))
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        self.server.led.append(place)
        with socket.create_connection(("127.0.0.1", self.server.target)) as onward:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(onward, self.connection), daemon=True)
            back.start()
            pump(self.connection, onward)
            back.join()


class PublicNames(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1. led and refused say where clients wanted to go."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, sim):
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = int(sim.host.rpartition(":")[2])
        self.ca = sim.ca
        self.led, self.refused = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self):
        """For clients that read the usual variables; curl prefers the names in lower case."""
        here = f"http://127.0.0.1:{self.server_address[1]}"
        return {"HTTPS_PROXY": here, "https_proxy": here, "NO_PROXY": "", "no_proxy": "", "SSL_CERT_FILE": self.ca, "SSL_CERT_DIR": ""}

    def __exit__(self, *unused):
        self.shutdown()
        self.server_close()
