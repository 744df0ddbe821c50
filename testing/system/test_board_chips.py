# SPDX-License-Identifier: GPL-2.0-or-later

"""The driver on every chip row, on two chips that share a bus, and on chips
with each of the faults: what ends well committed no sin and touched no pin that
is not a chip's; what cannot end well is an error."""

import re

import pytest

from conftest import PINS, ROOT
from flashlib import BANK, BASE, file_of, noise, session

KIB = 1024
PARTS = [("W25Q64JV-Q", 8192), ("W25Q128JV-Q", 16384), ("MX25L12845G", 16384),
         ("MT25QL256ABA", 32768), ("GD25Q32C", 4096), ("MX25R6435F", 8192)]


def run(board, commands, bank=BANK, **options):
    """Returns exit code, what OpenOCD said, the report."""
    one = board(**options)
    arguments = ["-c", bank]
    for command in commands:
        arguments += ["-c", command]
    code, out = one.run(*arguments)
    return code, out, one.stop()


def is_innocent(report):
    assert not report["sins"], report["sin_log"]
    assert report["gpio"]["foreign_written"] == []
    assert report["gpio"]["unlike_mark"] == []
    for chip in report["chips"]:
        assert not chip["state"]["cs_low"] and not chip["state"]["power_down"]
    return report


@pytest.mark.parametrize("part,size_kib", PARTS, ids=[p[0] for p in PARTS])
def test_each_part_is_written_at_both_ends(board, tmp_path, part, size_kib):
    size = size_kib * KIB
    data = noise(5000, seed=size_kib)
    path = file_of(tmp_path / "data", data)
    image = file_of(tmp_path / "chip.img", b"\x55" * size)
    last = BASE + size - len(data)
    code, out, report = run(
        board, session("flash write_image erase %s %#x bin" % (path, BASE + 0x123),
                       "flash write_image erase %s %#x bin" % (path, last),
                       "verify_image %s %#x bin" % (path, BASE + 0x123),
                       "verify_image %s %#x bin" % (path, last)),
        chips=((part + ":tSE=2000", PINS),), images=(image,))
    assert code == 0, out
    is_innocent(report)
    found = image.read_bytes()
    assert found[0x123:0x123 + len(data)] == data
    assert found[-len(data):] == data
    assert found[2 * 4096:4 * 4096] == b"\x55" * 8192


def test_two_chips_share_a_bus(board, tmp_path):
    data = [noise(3000, seed=1), noise(3000, seed=2)]
    paths = [file_of(tmp_path / ("data%d" % i), data[i]) for i in range(2)]
    images = [tmp_path / ("chip%d.img" % i) for i in range(2)]
    second = PINS.replace("cs=PA4", "cs=PB0")
    bank = BANK + ("; cmspi_bank other 0x92000000 stm32f4x.cpu "
                   "-cs PB0 -clk PA5 -mosi PA7 -miso PA6")
    code, out, report = run(
        board, session("flash write_image erase %s %#x bin" % (paths[0], BASE),
                       "flash write_image erase %s 0x92000000 bin" % paths[1],
                       "verify_image %s %#x bin" % (paths[0], BASE)),
        bank=bank, chips=(("W25Q64JV-Q:tSE=2000", PINS), ("GD25Q32C:tSE=2000", second)),
        images=images)
    assert code == 0, out
    is_innocent(report)
    for i in range(2):
        assert images[i].read_bytes()[:3000] == data[i]


# what the chip does wrong, and whether the driver can only report it
FAULTS = ["wel_ignored", "program_noop", "erase_noop", "program_bit_error:seed=1,rate=0.05",
          "protected_range:addr=0x1000,size=0x1000", "ignore_opcode:op=0x20",
          "ignore_opcode:op=0x02", "ignore_opcode:op=0x06", "miso_stuck:level=0",
          "miso_stuck:level=1", "id_all_ff"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_that_a_fault_spoils_is_an_error(board, tmp_path, fault):
    path = file_of(tmp_path / "data", noise(3000, seed=5))
    image = file_of(tmp_path / "chip.img", b"\x00" * 8192 * KIB)
    code, out, report = run(board, ("program %s %#x verify" % (path, BASE + 0x1000), "shutdown"),
                            chips=(("W25Q64JV-Q:tSE=2000", PINS),), images=(image,),
                            faults=(fault,))
    assert code != 0, out
    assert "Error:" in out
    assert report["gpio"]["foreign_written"] == []
    assert report["gpio"]["unlike_mark"] == []
    assert not report["chips"][0]["state"]["cs_low"]


def test_noise_on_miso_never_passes_for_success(board, tmp_path):
    path = file_of(tmp_path / "data", noise(3000, seed=6))
    image = tmp_path / "chip.img"
    code, out, report = run(board, ("program %s %#x verify" % (path, BASE), "shutdown"),
                            chips=(("W25Q64JV-Q:tSE=2000", PINS),), images=(image,),
                            faults=("miso_noise:seed=11,rate=0.002",))
    if code == 0:
        assert image.read_bytes()[:3000] == path.read_bytes(), out
    else:
        assert "Error:" in out
    assert not report["chips"][0]["state"]["cs_low"]


@pytest.mark.parametrize("source,table", [("report.c", "sin"), ("fault.c", "fault")])
def test_the_boards_manual_lists_every_sin_and_fault(source, table):
    folder = ROOT / "testing/simboard"
    rows = re.search(r"%s_rows\[\] = \{\n(.*?)\n\};" % table, (folder / source).read_text(), re.S)
    names = re.findall(r'^\t\{ "(\w+)"', rows.group(1), re.M)
    manual = (folder / "README.md").read_text()
    assert len(names) > 15
    assert [name for name in names if "| `%s` |" % name not in manual] == []
