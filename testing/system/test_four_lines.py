# SPDX-License-Identifier: GPL-2.0-or-later

"""Reads on four lines (6Bh) where IO2 and IO3 are wired and quad enable is set.

The board counts a line that chip and MCU drive together as `contention`, a quad
command while quad enable is off as `quad_disabled`."""

import json

import pytest

from conftest import ROOT
from flashlib import Chip, Run, file_of, noise, session
from test_every_mcu import CPUS

IN_ORDER = "cs=PA4,clk=PA5,mosi=PB4,miso=PB5,io2=PB6,io3=PB7"
ANYWHERE = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6,io2=PA0,io3=PA15"
TWO_PORTS = "cs=PA4,clk=PA5,mosi=PA7,miso=PB6,io2=PA0,io3=PB0"
THREE_PORTS = "cs=PA4,clk=PA5,mosi=PA7,miso=PB6,io2=PA0,io3=PC0"
SIZES = (8192, 8191, 4099)


def bank_of(pins, mcu="stm32f407", options=""):
    words = " ".join("-" + p.replace("=", " ") for p in pins.split(","))
    return "source [find cmspi.tcl]; cmspi_bank ext 0x90000000 %s %s %s" % (CPUS[mcu], words, options)


def run_four(make_board, tmp_path, pins, *commands, mcu="stm32f407", part="W25Q64JV-Q", options="",
             contents=None, **more):
    chip = Chip(tmp_path / "chip.bin", contents or noise(8 << 20, 7))
    return Run(make_board, chip, session(*commands), bank=bank_of(pins, mcu, options), mcu=mcu,
               chips=((part, pins),), **more)


def quad_off(folder, **values):
    """A W25Q64JV whose quad enable is not set: IO2 and IO3 are WP# and HOLD#."""
    row = json.loads((ROOT / "testing/simboard/data/chip/W25Q64JV-Q.json").read_text())
    row.update(part="quad-off", hold_pin=True, wp_pin=True, **values)
    row["registers"][1].pop("power_up")
    path = folder / "quad-off.json"
    path.write_text(json.dumps(row))
    return str(path)


@pytest.mark.parametrize("mcu, pins, options, transport", [
    ("stm32f407", IN_ORDER, "", "dapdirect_swd"),
    ("stm32f407", ANYWHERE, "", "dapdirect_swd"),
    ("stm32f407", TWO_PORTS, "", "dapdirect_swd"),
    # slow enough for the loop with a delay, which alone looks at three ports
    ("stm32f407", THREE_PORTS, "-max-khz 300", "dapdirect_swd"),
    # directions in CRL and CRH
    ("stm32f103", "cs=PA4,clk=PA5,mosi=PA6,miso=PA7,io2=PA8,io3=PA9", "", "hla_swd"),
    ("stm32g071", IN_ORDER, "-max-khz 300", "hla_swd"),
])
def test_read_verify_and_blank_check(board, tmp_path, mcu, pins, options, transport):
    data = noise(8 << 20, 7)
    image = file_of(tmp_path / "image", data[0x1001:0x1001 + 20000])
    files = [tmp_path / ("back%d" % n) for n in SIZES]
    run = run_four(board, tmp_path, pins, *[
        "flash read_bank ext %s 0x1001 %d" % (f, n) for f, n in zip(files, SIZES)],
        "verify_image %s 0x90001001 bin" % image, "flash erase_sector ext 3 3",
        "flash info ext", "flash read_bank ext %s 0x2ff0 4128" % (tmp_path / "erased"),
        mcu=mcu, options=options, transport=transport, contents=data).ok()
    for f, n in zip(files, SIZES):
        assert f.read_bytes() == data[0x1001:0x1001 + n]
    assert (tmp_path / "erased").read_bytes() == \
        data[0x2ff0:0x3000] + b"\xff" * 4096 + data[0x4000:0x4010]
    assert "reads: 6Bh, 1-1-4\n" in run.out
    assert run.report["gpio"]["unlike_mark"] == []


@pytest.mark.parametrize("pins, options", [(ANYWHERE, ""), (TWO_PORTS, "-max-khz 300")])
def test_by_gpio(board, tmp_path, pins, options):
    data = noise(8 << 20, 7)
    back = tmp_path / "back"
    run = run_four(board, tmp_path, pins, "stm32f4x.cpu configure -work-area-size 256",
                   "flash read_bank ext %s 0x123 2051" % back, "flash info ext", options=options,
                   contents=data).ok()
    assert back.read_bytes() == data[0x123:0x123 + 2051]
    assert "reads: 6Bh, 1-1-4\n" in run.out
    assert run.report["gpio"]["unlike_mark"] == []


def test_pins_where_fewer_lines_are_faster(board, tmp_path):
    """On three ports only the loop with a delay could do it."""
    run = run_four(board, tmp_path, THREE_PORTS, "flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                   "flash info ext").ok()
    assert "reads: 03h, 1-1-1\n" in run.out


def test_quad_enable_is_looked_at_and_not_set(board, tmp_path):
    data = noise(8 << 20, 7)
    back = tmp_path / "back"
    image = file_of(tmp_path / "image", data[0x1001:0x1001 + 20000])
    run = run_four(board, tmp_path, ANYWHERE, *3 * ["flash read_bank ext %s 0x1000 8192" % back],
                   "flash write_image erase %s 0x90003010 bin" % image,
                   "verify_image %s 0x90003010 bin" % image, "cmspi cmd ext 1 0x35",
                   "flash info ext", part=quad_off(tmp_path), contents=data).ok()
    assert back.read_bytes() == data[0x1000:0x3000]
    assert run.out.count("quad enable is not set in the chip (35h reads 0x00), so io2 and io3 are "
                         "not used") == 1, run.out
    assert "reads: 3Bh, 1-1-2\n" in run.out
    assert "\n00\n" in run.out.replace("ext: ", ""), run.out


def test_four_lines_that_read_something_else_are_not_used(board, tmp_path):
    data = noise(8 << 20, 7)
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 8192" % back,
                   "flash info ext", contents=data, faults=("ignore_opcode:op=0x6b",))
    assert run.code == 0, run.out
    assert back.read_bytes() == data[:8192]
    assert "reads on four lines (6Bh) differ from plain ones, not used" in run.out
    assert "reads: 3Bh, 1-1-2\n" in run.out


def test_four_lines_that_fail_later_are_dropped(board, tmp_path):
    data = noise(8 << 20, 7)
    image = file_of(tmp_path / "image", data[:8192])
    # heard by the trial and by the first verify
    run = run_four(board, tmp_path, ANYWHERE,
                   *3 * ["flash verify_image %s 0x90000000 bin" % image], "flash info ext",
                   contents=data, faults=("ignore_opcode:op=0x6b,after=2",))
    assert run.code == 0, run.out
    assert run.out.count("reads on four lines (6Bh) no longer agree") == 1, run.out
    assert "reads: 3Bh, 1-1-2\n" in run.out


def test_blank_data_are_not_tried_again_and_again(board, tmp_path):
    """Each try reads 128 bytes by 6Bh; 512 KiB in reads of 8 KiB are worth four of them."""
    reads = ["flash read_bank ext %s %#x 8192" % (tmp_path / "back", n << 13)
             for n in range(64)]
    path = file_of(tmp_path / "data", noise(9000, seed=8))
    run = run_four(board, tmp_path, IN_ORDER, *reads, contents=b"\xff" * (8 << 20), idle_scale=0).ok()
    sent = run.report["chips"][0]["commands"]
    assert sent["6B"]["count"] == 4 and sent["6B"]["bytes_out"] == 4 * 128
    assert sent["03"]["count"] == 64 + 4
    # what was programmed is worth a try at once
    run = run_four(board, tmp_path, IN_ORDER, reads[0], "flash write_image %s 0x90000000 bin" % path,
                   reads[1], contents=b"\xff" * (8 << 20), idle_scale=0).ok()
    assert run.report["chips"][0]["commands"]["6B"]["bytes_out"] >= 8192
