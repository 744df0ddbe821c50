# SPDX-License-Identifier: GPL-2.0-or-later

"""OpenOCD as a server: started on free ports, and clients of its telnet and its Tcl
port."""

import re
import socket
import subprocess
import time

PROMPT = b"\r> "


class Server:
    """An OpenOCD that stays: ports by name, what it says, and its end."""

    def __init__(self, args, log_path):
        self.log_path = log_path
        self._log = open(log_path, "w")
        self._process = subprocess.Popen([str(arg) for arg in args], stdin=subprocess.DEVNULL,
                                         stdout=self._log, stderr=subprocess.STDOUT)

    def said(self):
        return self.log_path.read_text(errors="replace")

    def wait_for(self, pattern, timeout_s=60):
        """The match of the pattern in what the server says, once it says it."""
        end = time.monotonic() + timeout_s
        while True:
            left = self._process.poll() is not None or time.monotonic() > end
            found = re.search(pattern, self.said())
            if found or left:
                assert found, "OpenOCD did not say %r:\n%s" % (pattern, self.said())
                return found
            time.sleep(0.02)

    def port(self, service):
        """Port of "gdb", "telnet" or "tcl"."""
        return int(self.wait_for(r"Listening on port (\d+) for %s connections" % service)[1])

    def wait(self, timeout=60):
        """Wait until it leaves by itself. Returns its exit code."""
        return self._process.wait(timeout)

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(60)
        self._log.close()


class Client:
    """One connection to a port of OpenOCD."""

    def __init__(self, port, timeout_s=60):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)

    def _read_until(self, end):
        data = b""
        while not data.endswith(end):
            more = self._socket.recv(65536)
            assert more, "OpenOCD closed the connection after %r" % data
            data += more
        return data[:-len(end)]

    def close(self):
        self._socket.close()


class Telnet(Client):
    """A terminal: what is typed is echoed, an answer ends with a prompt."""

    def __init__(self, port):
        super().__init__(port)
        self.greeting = self._read_until(PROMPT)

    def ask(self, command):
        self._socket.sendall(command.encode() + b"\r\n")
        # the echo of a long line comes in pieces, its end with the answer
        text = self._read_until(PROMPT).decode(errors="replace").replace("\0", "")
        assert command in text.replace("\b", ""), text
        return text.split("\n", 1)[1].replace("\r\n", "\n").strip() if "\n" in text else ""


class Tcl(Client):
    """The Tcl port: a command and its result each end with 1Ah."""

    def ask(self, command):
        self._socket.sendall(command.encode() + b"\x1a")
        return self._read_until(b"\x1a").decode(errors="replace")
