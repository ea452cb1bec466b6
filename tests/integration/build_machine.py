# SPDX-License-Identifier: MPL-2.0
"""The machine that a builder made: something on 127.0.0.1 that answers SSH and lets in the keys of the simulator's virtual machines."""
import logging
import socketserver
import threading

import paramiko
from simtest import SUBSCRIPTION

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # who only knocks is no error


class Door(paramiko.ServerInterface):
    """Public keys alone; no session is ever opened, since a build without provisioners runs no command."""

    def __init__(self, machine):
        self.machine = machine

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        if (username, key.get_name(), key.get_base64()) not in self.machine.accepted():
            self.machine.turned_away.append(username)
            return paramiko.AUTH_FAILED
        self.machine.let_in.append(username)
        return paramiko.AUTH_SUCCESSFUL


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        transport = paramiko.Transport(self.request)
        transport.add_server_key(self.server.key)
        try:
            transport.start_server(server=Door(self.server))
            transport.join()
        except (paramiko.SSHException, EOFError):
            pass  # a client that only knocks
        finally:
            transport.close()


class BuildMachine(socketserver.ThreadingTCPServer):
    """accepted() gives the (user, key type, key) that may log in; let_in and turned_away say who came."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, accepted):
        super().__init__(("127.0.0.1", 0), Handler)
        self.accepted = accepted
        self.key = paramiko.ECDSAKey.generate()
        self.let_in, self.turned_away = [], []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *unused):
        self.shutdown()
        self.server_close()


def keys_of_machines(sim):
    """A look into the simulator at each login: the keys that templates gave to its virtual machines."""
    def accepted():
        machines = sim.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines", api="2018-04-01").body["value"]
        profiles = [machine["properties"].get("osProfile", {}) for machine in machines]
        return [(profile["adminUsername"], *key["keyData"].split()[:2]) for profile in profiles
                for key in profile.get("linuxConfiguration", {}).get("ssh", {}).get("publicKeys", [])]
    return accepted
