# SPDX-License-Identifier: GPL-2.0-or-later

"""1 KiB of work area: all operations by code on the target, on pins of all kinds.
No core that knows steps fits there; its proxy makes the accesses that the host
lists, and the moving of bytes is its loops'."""

import pathlib
import sys

import pytest

from conftest import TARGET_CFG
from flashlib import CHIP_BYTES, SMALL_BYTES, Chip, Run, file_of, noise, session, small_chip
from test_fail_nth import BROKEN_OFF, OPERATIONS, attempts, files, judge
from test_four_lines import ANYWHERE, TWO_PORTS, run_four
from test_qpi import CONTENTS, assert_in_plain_spi, parts

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import wiring  # noqa: E402, a port of each kind

AREA_BYTES = 1024
LITTLE = "stm32f4x.cpu configure -work-area-size %d" % AREA_BYTES
SLOW = "too small for the stub"
KINDS = {
    "set_clear_word": wiring.ONE_PORT,
    "set_clear": wiring.ONE_PORT,
    "toggle": wiring.ONE_PORT,
    "plain": wiring.ONE_PORT,
    "two_ports": wiring.TWO_PORTS,
    "two_plain_ports": wiring.TWO_PORTS,
}
REGISTERS = {"two_ports": "set_clear_word", "two_plain_ports": "plain"}


@pytest.fixture
def mcu(tmp_path, monkeypatch):
    """An STM32F030 that has a toggle register, too."""
    monkeypatch.setattr(wiring.board, "WORK", tmp_path)
    wiring.make_mcu.cache_clear()
    path = str(wiring.make_mcu("M0"))
    monkeypatch.setitem(TARGET_CFG, path, TARGET_CFG["stm32f030"])
    yield path
    wiring.make_mcu.cache_clear()


def bank(kind):
    line = wiring.bank_line(REGISTERS.get(kind, kind), KINDS[kind])
    return line.format(target="stm32f0x") + " -core-khz 8000"


def run_all(board, tmp_path, mcu, kind, **more):
    """Everything that a user may want, on a part of the chip."""
    pins = KINDS[kind]
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    data = noise(2 * 256 + 77, 3)
    part = file_of(tmp_path / "part.bin", data)
    chip.erase(0x2000, 0x1000)
    chip.write(0x20f0, data)
    one = Run(board, chip, session(
        "stm32f0x.cpu configure -work-area-size %d" % AREA_BYTES, "flash probe ext",
        "flash erase_sector ext 2 2", "flash write_bank ext %s 0x20f0" % part,
        "flash verify_bank ext %s 0x20f0" % part, "verify_image %s 0x900020f0 bin" % part,
        "flash read_bank ext %s 0x20ef 600" % (tmp_path / "back"), "flash erase_check ext",
        "echo ID=[cmspi cmd ext 3 0x9f]"),
        bank=bank(kind), mcu=mcu, **more,
        chips=((small_chip(tmp_path), wiring.simboard_pins(pins)),)).ok()
    chip.assert_as_expected()
    assert (tmp_path / "back").read_bytes() == chip.expected[0x20ef:0x20ef + 600]
    assert "ID=c8 40 12" in one.out
    assert one.report["gpio"]["unlike_mark"] == []
    return one


def check_who(one):
    """Code on the target moved the pins, and used no RAM but what was lent."""
    assert SLOW not in one.out
    assert one.report["core"]["instructions"] > 100000
    assert one.board.ram_written_outside(0x20000000, AREA_BYTES) == []


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_operation(board, tmp_path, mcu, kind, transport):
    check_who(run_all(board, tmp_path, mcu, kind, transport=transport))


def test_reads_on_two_lines(board, tmp_path):
    data = noise(CHIP_BYTES, 7)
    run = Run(board, Chip(tmp_path / "chip.bin", data), session(
        LITTLE, "flash read_bank ext %s 0x1234 9001" % (tmp_path / "back"))).ok()
    check_who(run)
    assert (tmp_path / "back").read_bytes() == data[0x1234:0x1234 + 9001]
    assert run.report["chips"][0]["commands"]["3B"]["bytes_out"] >= 9001 - 4096


@pytest.mark.parametrize("pins, options", [(ANYWHERE, ""), (TWO_PORTS, "-max-khz 300")])
def test_reads_on_four_lines(board, tmp_path, pins, options):
    data = noise(CHIP_BYTES, 7)
    run = run_four(board, tmp_path, pins, LITTLE, "flash read_bank ext %s 0x123 8051" % (
        tmp_path / "back"), options=options, contents=data).ok()
    check_who(run)
    assert (tmp_path / "back").read_bytes() == data[0x123:0x123 + 8051]
    assert "6B" in run.report["chips"][0]["commands"]
    assert run.report["gpio"]["unlike_mark"] == []


def test_qpi(board, tmp_path):
    part, options = parts(tmp_path)["AT25QL128A"]
    data = noise(300, 5)
    run = run_four(board, tmp_path, ANYWHERE, LITTLE, "cmspi qpi ext",
                   "flash read_bank ext %s 0x123 500" % (tmp_path / "back"),
                   "flash write_bank ext %s 0x2000" % file_of(tmp_path / "image.bin", data),
                   part=part, contents=CONTENTS, options=options).ok()
    check_who(run)
    assert (tmp_path / "back").read_bytes() == CONTENTS[0x123:0x123 + 500]
    assert (tmp_path / "chip.bin").read_bytes() == CONTENTS[:0x2000] + data + CONTENTS[0x212c:]
    assert_in_plain_spi(run)


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("name", ["probe", "erase", "write", "read"])
def test_any_access_may_fail(board, tmp_path, name, transport):
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))
    out, report, facts = attempts(board, tmp_path, chip, OPERATIONS[name], files(tmp_path, chip),
                                  transport=transport, work_area_bytes=AREA_BYTES)
    judge(out, facts)
    assert SLOW not in out, "work area was not given back"
    assert set(report["sins"]) <= BROKEN_OFF, report["sin_log"]
