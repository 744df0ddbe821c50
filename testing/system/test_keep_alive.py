# SPDX-License-Identifier: GPL-2.0-or-later

"""GDB hears from OpenOCD all the while that a chip erases: empty console packets, which
keep_alive() sends twice a second, or GDB would give the connection up."""

import re
import time

import pytest

from conftest import ADAPTER, OPENOCD, PINS
from flashlib import BANK, CHIP_BYTES, Chip, noise
from servers import Client

EMPTY = b"$O#4f"


# The answer to a command; what it prints on the way comes in packets with an O
ANSWER = re.compile(rb"\$(OK|E..|[0-9a-f]+)#..")


class Remote(Client):
    """A client of GDB's protocol: a packet is $data#sum, a + acknowledges it."""

    def ask(self, data):
        """Everything that is sent up to the answer."""
        self._socket.sendall(b"+$%s#%02x" % (data, sum(data) % 256))
        said = b""
        while not ANSWER.search(said):
            more = self._socket.recv(4096)
            assert more, said
            self._socket.sendall(b"+" * more.count(b"#"))
            said += more
        return said


# erase_s: of the board's time, which each request to the probe moves on, so that it
# passes faster than this machine's
@pytest.mark.parametrize("command, erase_s", [
    ("flash erase_sector ext 16 31", 12), ("cmspi mass_erase ext", 12),
    ("$_TARGETNAME configure -work-area-size 0; cmspi mass_erase ext", 100),
], ids=["sectors", "chip", "registers"])
def test_gdb_is_kept_alive_by_a_long_erase(board, server, tmp_path, command, erase_s):
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))
    us = erase_s * 1000000
    # a slow core is simulated quickly
    one = board(chips=(("W25Q64JV-Q:tBE64=%d,tCE=%d" % (us, us), PINS),), images=(chip.path,),
                extra=["--mhz", "4"])
    openocd = server([OPENOCD, "-c", "gdb_port 0; telnet_port disabled; tcl_port disabled",
                      *(word.format(port=one.port) for word in ADAPTER["dapdirect_swd"]),
                      "-f", "target/stm32f4x.cfg", "-c", BANK + " -core-khz 4000",
                      "-c", "init; reset halt"])
    gdb = Remote(openocd.port("gdb"), timeout_s=20)
    began = time.monotonic()
    said = gdb.ask(b"qRcmd," + command.encode().hex().encode())
    took_s = time.monotonic() - began
    gdb.close()
    openocd.stop()
    assert not one.stop()["sins"] and chip.contents()[0x10000:0x20000] == b"\xff" * 0x10000
    # one each half second, and fewer where this machine is busy
    assert said.count(EMPTY) >= max(1, took_s / 3), (took_s, said)
