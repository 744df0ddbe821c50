# SPDX-License-Identifier: GPL-2.0-or-later

"""A bare client of the stlink-server protocol, for tests of the board without
any OpenOCD: requests as bytes, answers as bytes."""

import socket
import struct

OK = 0x80


class Wire:
    """A connection to a board, opened and ready for USB commands."""

    def __init__(self, port, opened=True):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connect_id = 0
        if opened:
            assert self.ask(b"\0\0", 4) == b"\1\0\0\0"
            status, self.connect_id = struct.unpack(
                "<II", self.ask(struct.pack("<B3xI", 3, self.device_info()[1]), 8))
            assert status == 1

    def ask(self, request, answer_bytes):
        self.sock.sendall(request)
        answer = b""
        while len(answer) < answer_bytes:
            got = self.sock.recv(answer_bytes - len(answer))
            if not got:
                raise ConnectionError("the board closed the connection")
            answer += got
        return answer

    def device_info(self):
        """(status, device id, serial, vid, pid, used)"""
        return struct.unpack("<II32sHHB", self.ask(struct.pack("<BBxxI", 2, 0, 41), 45))

    def read(self, command, size):
        """A USB command that answers size bytes."""
        header = struct.pack("<B3xI16sB3xI", 5, self.connect_id, bytes(command), 1, size)
        answer = self.ask(header, 4 + size)
        assert answer[:4] == b"\1\0\0\0"
        return answer[4:]

    def write(self, command, data):
        """A USB command that takes data."""
        header = struct.pack("<B3xI16sB3xI", 5, self.connect_id, bytes(command), 0, len(data))
        assert self.ask(header + data, 4) == b"\1\0\0\0"

    # ---- what a debugger does ----

    def enter(self):
        assert self.read(b"\xf2\x30\xa3", 2)[0] == OK

    def status(self):
        """(status of the last memory command, address of its fault)"""
        answer = self.read(b"\xf2\x3e", 12)
        return answer[0], struct.unpack_from("<I", answer, 4)[0]

    def mem_read(self, addr, size, code=7):
        return self.read(struct.pack("<BBIHB", 0xF2, code, addr, size, 0), size)

    def mem_write(self, addr, data, code=8):
        self.write(struct.pack("<BBIHB", 0xF2, code, addr, len(data), 0), data)

    def word(self, addr):
        return struct.unpack("<I", self.mem_read(addr, 4))[0]

    def set_word(self, addr, value):
        self.mem_write(addr, struct.pack("<I", value))

    def set_register(self, number, value):
        assert self.read(struct.pack("<BBBI", 0xF2, 0x34, number, value), 2)[0] == OK

    def register(self, number):
        return struct.unpack_from("<I", self.read(bytes([0xF2, 0x33, number]), 8), 4)[0]

    def halt(self):
        self.set_word(0xE000EDF0, 0xA05F0003)

    def run_until_halted(self):
        self.set_word(0xE000EDF0, 0xA05F0001)
        for _ in range(10000):
            if self.word(0xE000EDF0) & 1 << 17:
                return
        raise TimeoutError("the core does not halt")

    def close(self):
        self.sock.close()
