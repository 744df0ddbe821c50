# SPDX-License-Identifier: GPL-2.0-or-later

"""Compressed programming: the chip's contents are the same, the wire carries
less, and nothing gets slower, in the board's virtual time."""

import random
import re

import pytest

from firmware import firmware
from flashlib import BASE, CHIP_BYTES, Chip, Run, file_of, noise, session

KIB = 1024
RAM = "stm32f4x.cpu configure -work-area-phys 0x20000000 -work-area-size %d"
# The core at 64 MHz, as reset-init leaves it; the link at 4 MHz is the slower one
V2 = dict(probe="stlink-v2", idle_scale=0)


def mixed(count, seed):
    """Stretches that pack and stretches that do not, of odd lengths."""
    rnd = random.Random(seed)
    data = bytearray()
    while len(data) < count:
        data += rnd.choice((firmware, noise))(rnd.randint(1, 9000), rnd.random())
        data += bytes([rnd.choice((0, 0xff, 0x55))]) * rnd.choice((0, 0, 3000))
    return bytes(data[:count])


def write(board, tmp_path, data, offset=0, area_bytes=64 * KIB, before=(), **options):
    """Write once each way; returns both runs, raw first."""
    chip = Chip(tmp_path / "chip.bin")
    chip.write(offset, data)
    name = file_of(tmp_path / "data.bin", data)
    runs = []
    for way in "off", "on":
        (tmp_path / "chip.bin").write_bytes(b"\xff" * CHIP_BYTES)
        runs.append(Run(board, chip, (RAM % area_bytes,) + session(
            "adapter speed 4000", *before, "cmspi compress %s" % way,
            "flash write_bank ext %s %#x" % (name, offset)), **options).ok())
        chip.assert_as_expected()
    return runs


def spent_ns(run):
    return run.report["time"]["virtual_ns"]


def sent(run):
    """KiB that went to the target, as OpenOCD counts them."""
    return float(re.search(r"([0-9.]+) KiB sent", run.out).group(1))


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
def test_firmware_is_faster_where_the_link_is_slow(board, tmp_path, transport):
    raw, packed = write(board, tmp_path, firmware(64 * KIB, 1), transport=transport,
                        chips=(("W25Q64JV-Q:tPP=400", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),), **V2)
    assert sent(packed) < 0.65 * sent(raw)
    assert spent_ns(packed) < 0.92 * spent_ns(raw)


@pytest.mark.parametrize("make", [noise, mixed, firmware])
@pytest.mark.parametrize("area_kib", [8, 64])
def test_nothing_gets_slower(board, tmp_path, make, area_kib):
    raw, packed = write(board, tmp_path, make(20 * KIB, 2), area_bytes=area_kib * KIB, **V2)
    assert spent_ns(packed) <= 1.02 * spent_ns(raw)


def test_eight_kib_of_work_area_are_enough(board, tmp_path):
    raw, packed = write(board, tmp_path, firmware(16 * KIB, 3), area_bytes=8 * KIB, **V2)
    assert sent(packed) < 0.8 * sent(raw)


def test_below_it_all_is_sent_as_it_is(board, tmp_path):
    raw, packed = write(board, tmp_path, firmware(16 * KIB, 4), area_bytes=4 * KIB, **V2)
    assert sent(packed) == sent(raw)


def test_a_fast_link_sends_all_as_it_is(board, tmp_path):
    raw, packed = write(board, tmp_path, firmware(12 * KIB, 5), before=("adapter speed 24000",),
                        probe="stlink-v3", idle_scale=0)
    assert sent(packed) == sent(raw)


@pytest.mark.parametrize("offset, count", [(0, 4096), (1, 5000), (255, 8193), (0x7ff, 12345),
                                           (CHIP_BYTES - 9001, 9001)])
def test_any_offset_and_length(board, tmp_path, offset, count):
    write(board, tmp_path, mixed(count, offset), offset, **V2)


def test_a_chip_that_fails_is_told_with_its_address(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin")
    name = file_of(tmp_path / "data.bin", firmware(32 * KIB, 6))
    run = Run(board, chip, session("adapter speed 4000", "flash write_bank ext %s 0" % name),
              faults=["stuck_wip"], **V2)
    assert run.code != 0
    assert "program at 0x%08x still busy" % BASE in run.out


def test_the_switch_says_how_it_stands(board, tmp_path):
    run = Run(board, Chip(tmp_path / "chip.bin"), session(
        "echo now=[cmspi compress]", "cmspi compress off", "echo now=[cmspi compress]")).ok()
    assert re.findall("now=(.*)", run.out) == ["on", "off"]
