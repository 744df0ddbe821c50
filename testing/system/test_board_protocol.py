# SPDX-License-Identifier: GPL-2.0-or-later

"""The stlink-server protocol and the ST-LINK commands, byte by byte."""

import os
import struct

import pytest

from stlinkwire import OK, Wire

RAM = 0x20000000


@pytest.fixture
def wire(board):
    """wire(...) -> an opened connection to a new board without a chip."""
    wires = []

    def make(**kwargs):
        wires.append(Wire(board(chips=(), idle_scale=0, **kwargs).port))
        wires[-1].enter()
        return wires[-1]

    yield make
    for one in wires:
        one.close()


def test_server_requests(board):
    b = board(chips=(), idle_scale=0)
    w = Wire(b.port, opened=False)
    assert struct.unpack("<IIII", w.ask(b"\6\3\0\0", 16)) == (3, 2, 1, 1)
    assert w.ask(b"\0\0", 4) == b"\1\0\0\0"
    assert w.ask(b"\1", 4) == b"\1\0\0\0"
    status, device, serial, vid, pid, used = w.device_info()
    assert (status, vid, pid, used) == (1, 0x0483, 0x374B, 0) and serial.startswith(b"SIMBOARD")
    status, connect_id = struct.unpack("<II", w.ask(struct.pack("<B3xI", 3, device), 8))
    assert status == 1 and connect_id
    # a request in two pieces is one request
    w.sock.sendall(b"\4\0\0\0")
    assert w.ask(struct.pack("<I", connect_id), 4) == b"\1\0\0\0"
    w.close()


def test_other_bytes_end_the_connection(board):
    w = Wire(board(chips=(), idle_scale=0, once=False).port, opened=False)
    with pytest.raises(ConnectionError):
        w.ask(b"GET / HTTP/1.0\r\n\r\n", 1)


def test_wrong_connect_id_is_refused(wire):
    w = wire()
    w.connect_id = 77
    with pytest.raises(AssertionError):
        w.read(b"\xf5", 2)


@pytest.mark.parametrize("options,answer", [
    ([], "295b83044b37"),                      # 2 << 12 | 37 << 6 | 27
    (["--fw", "J24"], "261b83044b37"),
    (["--probe", "stlink-v3"], "300083044f37"),
])
def test_version(wire, options, answer):
    assert wire(extra=options).read(b"\xf1", 6).hex() == answer


def test_version_of_a_v3(wire):
    assert wire(extra=["--probe", "stlink-v3"]).read(b"\xfb", 12).hex() == "03010a040500000083044f37"


def test_voltage_and_idcode(wire):
    w = wire()
    reference, sample = struct.unpack("<II", w.read(b"\xf7", 8))
    assert abs(2.4 * sample / reference - 3.3) < 0.01
    assert w.read(b"\xf2\x31", 12)[4:8] == struct.pack("<I", 0x2BA01477)


def test_frequencies_of_a_v3_round_down(wire):
    w = wire(extra=["--probe", "stlink-v3"])
    answer = w.read(b"\xf2\x62\0", 52)
    assert struct.unpack_from("<%dI" % answer[8], answer, 12) == (24000, 8000, 3300, 1000, 200, 50, 5)
    assert w.read(struct.pack("<BBxxI", 0xF2, 0x61, 7999), 8)[4:] == struct.pack("<I", 3300)


def test_memory_status_is_asked_for_and_cleared(wire):
    w = wire()
    w.mem_read(0x30000000, 4)
    assert w.status() == (0x11, 0x30000000)
    assert w.status() == (OK, 0)
    # sticky error, and TAR where it happened
    ctrl = w.read(struct.pack("<BBHH", 0xF2, 0x45, 0xFFFF, 4), 8)
    assert struct.unpack_from("<I", ctrl, 4)[0] & 1 << 5
    tar = w.read(struct.pack("<BBHH", 0xF2, 0x45, 0, 4), 8)
    assert struct.unpack_from("<I", tar, 4)[0] == 0x30000000
    assert w.read(struct.pack("<BBHHI", 0xF2, 0x46, 0xFFFF, 0, 4), 2)[0] == OK
    ctrl = w.read(struct.pack("<BBHH", 0xF2, 0x45, 0xFFFF, 4), 8)
    assert not struct.unpack_from("<I", ctrl, 4)[0] & 1 << 5


def test_request_above_the_probe_s_limit_is_an_error(wire):
    w = wire()
    w.mem_read(RAM, 6144)
    assert w.status()[0] == OK
    w.mem_read(RAM, 6148)
    assert w.status()[0] != OK
    w.mem_read(RAM, 65, code=0x0C)
    assert w.status()[0] != OK


def test_raw_access_port_wraps_its_address(wire):
    """TAR counts up inside 4 KiB on an M4: the host has to renew it."""
    w = wire()
    w.set_word(RAM, 0x11111111)
    w.set_word(RAM + 0x1000, 0x22222222)

    def ap_write(reg, value):
        assert w.read(struct.pack("<BBHHI", 0xF2, 0x46, 0, reg, value), 2)[0] == OK

    def drw():
        return struct.unpack_from("<I", w.read(struct.pack("<BBHH", 0xF2, 0x45, 0, 0xC), 8), 4)[0]

    ap_write(0, 0x23000012)
    ap_write(4, RAM + 0xFFC)
    drw()
    assert drw() == 0x11111111


def test_mixed_request(wire):
    w = wire()
    ops = bytes([5, 1, 2, 3, 3]) + b"\0\0\0"
    values = struct.pack("<5I", 0, RAM + 16, 0xCAFE, RAM + 16, 0x30000000)
    w.write(struct.pack("<BBI", 0xF2, 0x51, 5), ops + values)
    answer = struct.unpack("<10I", w.read(b"\xf2\x52", 40))
    assert answer[3] == 0xCAFE
    assert answer[5:9] == (OK, OK, OK, OK) and answer[9] == 0x11


def test_time_of_a_request(board):
    """100 us, and 46 clocks a word at 1800 kHz; address and read buffer are words
    of their own. The halted core's cycle counter stands still meanwhile."""
    spent_ns = []
    for count in (0, 50):
        b = board(chips=(), idle_scale=0)
        w = Wire(b.port)
        w.enter()
        w.halt()
        before = w.word(0xE0001004)
        for _ in range(count):
            w.word(RAM)
        assert w.word(0xE0001004) == before
        w.close()
        spent_ns.append(b.stop()["time"]["virtual_ns"])
    assert abs(spent_ns[1] - spent_ns[0] - 50 * (100000 + 3 * 46 / 1.8e-3)) < 2


@pytest.mark.skipif(os.environ.get("CMSPI_LONG") != "1", reason="long: ./check --long")
def test_hundred_thousand_runs_of_changing_code(wire):
    """Every run is preceded by new code at the same place; every third faults."""
    w = wire()
    w.halt()
    w.set_word(0xE000EDFC, 1 << 10)
    for i in range(100000):
        # movs r0, #n; bkpt, or a load from nowhere
        body = struct.pack("<HHH", 0x2000 | i & 0xFF, 0x680A if i % 3 == 2 else 0xBF00, 0xBE00)
        w.mem_write(RAM + 0x100, body + b"\0\xbe")
        w.set_register(1, 0x30000000)
        w.set_register(13, RAM + 0x1000)
        w.set_register(15, RAM + 0x100)
        w.set_register(16, 0x01000000)
        w.run_until_halted()
        assert w.register(0) == i & 0xFF
        w.set_word(0xE000ED0C, 0x05FA0002)
