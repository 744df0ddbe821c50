# SPDX-License-Identifier: GPL-2.0-or-later

"""SST25VFxxxB: programs word after word (AAI), single bytes at odd ends, and comes
out of power-up with all of it protected."""

import pytest

from conftest import PINS
from flashlib import BANK, BASE, file_of, noise, session

PART = "SST25VF080B"
BYTES = 1 << 20
UNLOCK = ("cmspi unlock ext",)
TARGET = "stm32f4x.cpu"
NO_WORK_AREA = TARGET + " configure -work-area-size 0"


class Sst25:
    """One session on a chip that holds 55h where not blank, and what it left."""

    def __init__(self, board, folder, *commands, part=PART, contents=b"\xff" * BYTES, bank=BANK,
                 prepare=(), before=("flash probe ext",) + UNLOCK, pins=PINS, **options):
        self.image = file_of(folder / "image", contents)
        arguments = ["-c", bank]
        for command in prepare + session(*before, *commands):
            arguments += ["-c", command]
        self.board = board(chips=((part, pins),), images=(self.image,), idle_scale=0, **options)
        self.code, self.out = self.board.run(*arguments)
        self.report = self.board.stop()

    def ok(self):
        assert self.code == 0, self.out
        assert not self.report["sins"], self.report["sin_log"]
        return self

    @property
    def chip(self):
        return self.report["chips"][0]

    def count(self, opcode):
        return self.chip["commands"].get(opcode, {"count": 0})["count"]


# where, how many bytes: odd at neither, one, both ends; a single byte; beyond a unit
# of the ring; the last word of the chip
SPANS = [(0, 2), (0x101, 2), (0x200, 3), (0x301, 4), (0x401, 1), (0x500, 1), (0x1001, 998),
         (BYTES - 7, 7)]


def write(folder, span):
    offset, count = span
    data = noise(count, seed=offset)
    path = file_of(folder / ("%x.bin" % offset), data)
    return data, ("flash write_bank ext %s %#x" % (path, offset),
                  "flash verify_bank ext %s %#x" % (path, offset))


@pytest.mark.parametrize("prepare", [(), (NO_WORK_AREA,)], ids=["stub", "register_writes"])
def test_every_alignment_is_written(board, tmp_path, prepare):
    spans = SPANS[:6] if prepare else SPANS
    expected = bytearray(b"\xff" * BYTES)
    commands = []
    for span in spans:
        data, lines = write(tmp_path, span)
        expected[span[0]:span[0] + span[1]] = data
        commands += lines
    Sst25(board, tmp_path, *commands, prepare=prepare).ok()
    assert (tmp_path / "image").read_bytes() == expected


def test_one_data_pin(board, tmp_path):
    data, commands = write(tmp_path, (0x301, 500))
    bank = BANK.replace("-mosi PA7 -miso PA6", "-sio PA7")
    run = Sst25(board, tmp_path, *commands, bank=bank, pins="cs=PA4,clk=PA5,mosi=PA7,miso=PA7").ok()
    assert (tmp_path / "image").read_bytes()[0x301:0x301 + 500] == data
    assert run.count("AD") == 249 and run.count("02") == 2


def test_blank_stretches_are_left_out_and_the_mode_is_left(board, tmp_path):
    data = noise(64, seed=1) + b"\xff" * 4000 + noise(33, seed=2)
    path = file_of(tmp_path / "data", data)
    run = Sst25(board, tmp_path, "flash write_bank ext %s 0x1000" % path).ok()
    assert (tmp_path / "image").read_bytes()[0x1000:0x1000 + len(data)] == data
    assert run.count("AD") == 32 + 16 and run.count("02") == 1
    assert run.count("04") >= 2
    # no look at each byte: what was busy and has its samples is right
    assert run.chip["commands"].get("03", {"bytes_out": 0})["bytes_out"] == 0


def test_after_power_up_it_is_refused_with_the_way_out(board, tmp_path):
    path = file_of(tmp_path / "data", noise(500, seed=1))
    run = Sst25(board, tmp_path, "flash write_image erase %s %#x bin" % (path, BASE),
                before=("flash probe ext",), contents=b"\x55" * BYTES)
    assert run.code != 0
    assert "is protected (05h reads 0x1c" in run.out and "'cmspi unlock ext'" in run.out
    assert not run.report["sins"]
    assert (tmp_path / "image").read_bytes() == b"\x55" * BYTES


def test_a_chip_left_in_the_mode_is_called_back(board, tmp_path):
    run = Sst25(board, tmp_path, before=("flash probe ext",), faults=("left_in:state=aai",)).ok()
    assert "leaving a program mode" in run.out


def test_mass_erase_and_an_erase_of_some(board, tmp_path):
    Sst25(board, tmp_path, "flash erase_sector ext 3 40", "cmspi mass_erase ext",
          contents=b"\x55" * BYTES).ok()
    assert (tmp_path / "image").read_bytes() == b"\xff" * BYTES


def test_a_link_that_fails_in_the_mode_leaves_a_chip_that_answers(board, tmp_path):
    data = noise(6000, seed=1)
    path = file_of(tmp_path / "data", data)
    go_on = ("echo FAILED=[catch {flash write_bank ext %s 0}]" % path,
             "mww 0x5ffff000 0", "echo ID=[cmspi cmd ext 3 0x9f]", "flash erase_sector ext 0 1", "flash write_bank ext %s 0" % path)
    # from an access before its start to some behind its end
    failed = 0
    for number in range(16, 90, 8):
        run = Sst25(board, tmp_path, "mww 0x5ffff000 %d" % number, *go_on, extra=("--control",))
        assert run.code == 0, run.out
        failed += "FAILED=-" in run.out
        assert "ID=bf 25 8e" in run.out
        assert (tmp_path / "image").read_bytes()[:len(data)] == data
    assert failed >= 3


# microseconds a word at most, of which the chip takes 10; the wire of the program
# core at 50 MHz half of one
SPEED = [(168, "stlink-v3", 15.0), (64, "stlink-v3", 17.7), (64, "stlink-v2", 18.7)]


@pytest.mark.parametrize("mhz,probe,most_us", SPEED, ids=["%d-%s" % s[:2] for s in SPEED])
def test_speed(board, tmp_path, mhz, probe, most_us):
    def ns(count):
        path = file_of(tmp_path / "data", noise(count, seed=3))
        run = Sst25(board, tmp_path, "flash write_bank ext %s 0" % path, part=PART + ":tBP=10",
                    before=("adapter speed 24000", "flash probe ext") + UNLOCK, probe=probe,
                    bank=BANK + " -core-khz %d000" % mhz, extra=("--mhz", str(mhz))).ok()
        return run.report["time"]["virtual_ns"]

    words = 4096
    assert (ns(2048 + 2 * words) - ns(2048)) / 1000 / words < most_us
