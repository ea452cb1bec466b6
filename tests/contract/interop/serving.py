# SPDX-License-Identifier: MPL-2.0
"""The test server as a child: started, found, ended in order."""
import contextlib
import pathlib
import signal
import subprocess
import tempfile


@contextlib.contextmanager
def server(executable):
    """Yields (process, port, path of the unix socket). It must drain and end by itself at the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "grpc")
        process = subprocess.Popen([executable, path], stdout=subprocess.PIPE, text=True)
        try:
            line = process.stdout.readline().split()
            assert line[:1] == ["PORT"], f"no address from the server: {line}"
            yield process, int(line[1]), path
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0, f"the server ended with {process.returncode}"
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
