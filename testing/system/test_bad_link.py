# SPDX-License-Identifier: GPL-2.0-or-later

"""The link breaks, or those at its other end leave: in the middle of a write the
probe is unplugged, OpenOCD is killed, a client goes away, a second OpenOCD comes.
What was to be written is written in the next session; nothing else is touched."""

import re
import socket
import struct
import subprocess
import time

import pytest

from conftest import OPENOCD, TARGET_CFG
from flashlib import (BASE, BOARDS, CHIP_BYTES, INTERNAL, WIRES, Chip, bank_line, elf, file_of,
                      noise, pause_app, session)

both_boards = pytest.mark.parametrize("kind", BOARDS)

# control block of the simulated board: closes the socket at the n-th request
CUT_SOCKET = 0x5FFFF00C
PINS = ",".join("%s=%s" % wire for wire in WIRES.items())
SECTORS = range(1, 17)


class Bench:
    """A board that outlives its clients, and a file for both of its flashes."""

    def __init__(self, make_board, folder, kind):
        self.kind, self.folder = BOARDS[kind], folder
        self.chip = Chip(folder / "chip.bin", noise(CHIP_BYTES, seed=1))
        self.internal = folder / "internal.bin"
        self.data = noise(len(SECTORS) * 4096 - 100, 61)
        self.code = pause_app(5000)
        self.image = elf(folder / "app.elf", (INTERNAL, self.code), (BASE + 0x1000, self.data))
        self.raw = file_of(folder / "data.bin", self.data)
        self.board = make_board(mcu=self.kind.mcu, once=False, images=(self.chip.path,),
                                chips=(("W25Q64JV-Q:tSE=2000,tBE32=4000,tBE64=5000", PINS),),
                                extra=["--control", "--flash-image", self.internal])
        self.bank = bank_line(kind)

    def openocd(self, *commands):
        args = []
        for command in (self.bank, *commands):
            args += ["-c", command]
        return self.board.run(*args, transport=self.kind.transport)

    def server(self):
        """An OpenOCD that waits for clients: (process, telnet port, GDB's port)."""
        args = [OPENOCD] + self.board.adapter_args(self.kind.transport)[2:]
        args += ["-f", TARGET_CFG[self.kind.mcu], "-c", "gdb_port 0; telnet_port 0; tcl_port disabled",
                 "-c", self.bank, "-c", "init; reset init"]
        log = self.folder / "openocd.log"
        process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=open(log, "w"),
                                   stderr=subprocess.STDOUT)
        return process, log

    def succeeds_now(self):
        """The next session does the whole job; then both flashes are as they should be."""
        code, out = self.openocd("program %s verify reset exit" % self.image)
        assert code == 0 and "** Verified OK **" in out, out
        self.board.stop()
        self.chip.erase(0x1000, len(SECTORS) * 4096)
        self.chip.write(0x1000, self.data)
        self.chip.assert_as_expected()
        internal = self.internal.read_bytes()
        assert internal[:len(self.code)] == self.code
        assert not internal[0x4000:].strip(b"\xff")


@pytest.fixture
def bench(board, tmp_path):
    return lambda kind: Bench(board, tmp_path, kind)


def words(log, pattern, process, timeout_s=60):
    """Wait until a log holds a text; what it holds."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and process.poll() is None:
        text = log.read_text(errors="replace")
        if pattern in text:
            return text
        time.sleep(0.02)
    raise AssertionError("no %r in:\n%s" % (pattern, log.read_text(errors="replace")))


# ---- the probe -----------------------------------------------------------------

@both_boards
@pytest.mark.parametrize("request_number", [40, 150])
@pytest.mark.parametrize("again", ["program", "halt"])
def test_probe_is_unplugged_in_mid_write(bench, kind, request_number, again):
    b = bench(kind)
    code, out = b.openocd("init; reset init; flash probe ext; poll off",
                          "mww 0x%x %d" % (CUT_SOCKET, request_number),
                          "flash write_image erase %s 0x90001000 bin" % b.raw, "shutdown")
    assert code != 0, out
    if again == "halt":
        # without a reset: the stub is still there, waiting for data
        code, out = b.openocd("init; halt", "flash write_image erase %s 0x90001000 bin" % b.raw,
                              "verify_image %s 0x90001000 bin" % b.raw, "shutdown")
        assert code == 0, out
    b.succeeds_now()


@both_boards
@pytest.mark.parametrize("wait_s", [0.02, 0.2])
def test_openocd_is_killed_in_mid_write(bench, kind, wait_s):
    b = bench(kind)
    args = [OPENOCD] + b.board.adapter_args(b.kind.transport)
    args += ["-f", TARGET_CFG[b.kind.mcu], "-c", b.bank, "-c", "program %s verify" % b.image]
    log = b.folder / "openocd.log"
    process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=open(log, "w"),
                               stderr=subprocess.STDOUT)
    words(log, "ext: w", process)
    time.sleep(wait_s)
    process.kill()
    process.wait()
    b.succeeds_now()


@both_boards
def test_second_openocd_on_a_probe_does_no_harm(bench, kind):
    b = bench(kind)
    first, log = b.server()
    words(log, "halted due to", first)
    code, out = b.openocd(*session("flash erase_sector ext 0 3"))
    assert code != 0 and "Error" in out, out
    assert "a second client was turned away" in b.board.stderr()
    first.terminate()
    first.wait()
    b.succeeds_now()


# ---- the clients ---------------------------------------------------------------

def port_of(log, process, kind):
    """The port that OpenOCD has chosen for clients of this kind."""
    text = words(log, "for %s connections" % kind, process)
    return int(re.search(r"Listening on port (\d+) for %s connections" % kind, text).group(1))


def leave(link):
    """Go away like a client that was killed: what arrives now is answered with RST."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


@both_boards
def test_telnet_client_leaves_in_mid_write(bench, kind):
    b = bench(kind)
    process, log = b.server()
    port = port_of(log, process, "telnet")
    words(log, "halted due to", process)
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(b"flash write_image erase %s 0x90001000 bin\n" % str(b.raw).encode())
        words(log, "ext: w", process)
        leave(link)
    # the next client is served, and finds the work done
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.settimeout(60)
        link.sendall(b"flash verify_bank ext %s 0x1000; echo VERIFIED; shutdown\n"
                     % str(b.raw).encode())
        text = b""
        while b"shutdown command invoked" not in text:
            more = link.recv(4096)
            assert more, text
            text += more
    assert b"VERIFIED" in text.split(b"shutdown\r\n", 1)[-1], text
    assert process.wait(60) == 0
    b.succeeds_now()


def packet(data):
    """GDB's remote protocol: escaped, framed, with a checksum."""
    escaped = bytearray()
    for byte in data:
        if byte in b"#$}*":
            escaped += bytes((0x7d, byte ^ 0x20))
        else:
            escaped.append(byte)
    return b"$" + bytes(escaped) + b"#%02x" % (sum(escaped) & 0xff)


def ask(link, data):
    """Send a packet and wait for its answer."""
    link.sendall(packet(data))
    text = b""
    while not re.search(rb"\$([^#]*)#..", text):
        more = link.recv(4096)
        assert more, text
        text += more
    link.sendall(b"+")
    return re.search(rb"\$([^#]*)#..", text).group(1)


def next_gdb(port, process, log, timeout_s=60):
    """The next GDB is served, once OpenOCD has seen that the one before has gone."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.settimeout(60)
            try:
                link.sendall(b"+")
                if ask(link, b"qSupported:multiprocess+").startswith(b"PacketSize"):
                    return
            except (OSError, AssertionError):
                time.sleep(0.05)
    raise AssertionError(log.read_text())


@both_boards
@pytest.mark.parametrize("after", ["vFlashErase", "vFlashWrite", "vFlashDone"])
def test_gdb_leaves_in_mid_load(bench, kind, after):
    b = bench(kind)
    process, log = b.server()
    port = port_of(log, process, "gdb")
    words(log, "halted due to", process)
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.settimeout(60)
        link.sendall(b"+")
        assert ask(link, b"qSupported:multiprocess+").startswith(b"PacketSize")
        assert ask(link, b"vFlashErase:90001000,10000") == b"OK"
        if after != "vFlashErase":
            for offset in range(0, len(b.data), 4096):
                assert ask(link, b"vFlashWrite:%x:" % (BASE + 0x1000 + offset) +
                           b.data[offset:offset + 4096]) == b"OK"
        if after == "vFlashDone":
            link.sendall(packet(b"vFlashDone"))
        leave(link)
    next_gdb(port, process, log)
    process.terminate()
    process.wait(60)
    b.succeeds_now()
