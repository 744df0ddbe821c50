# SPDX-License-Identifier: GPL-2.0-or-later

"""One data pin for both directions: MOSI and MISO of the chip tied together.

The board counts a moment in which chip and MCU drive the wire together as
`contention`, and a level nobody holds while the chip listens as `floating_input`."""

import re

import pytest

from flashlib import END, SMALL_BYTES, Chip, Run, file_of, noise, session, small_chip
from test_every_mcu import CPUS

SIO = "cs=PA4,clk=%s,mosi=PA7,miso=PA7"
BANK = "source [find cmspi.tcl]; cmspi_bank ext 0x90000000 %s -cs PA4 -clk %s -sio PA7"
SLOW = "every edge of the pins goes over the debug link"


def run(make_board, tmp_path, mcu, *commands, clk="PA5", chip=None, **options):
    chip = chip or Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    return Run(make_board, chip, session(*commands), bank=BANK % (CPUS[mcu], clk), mcu=mcu,
               chips=((small_chip(tmp_path), SIO % clk),), **options)


# the stub with and without room for all tables, and pins moved over the debug link
@pytest.mark.parametrize("area, transport", [(None, "dapdirect_swd"), (None, "hla_swd"),
                                             (2200, "dapdirect_swd"), (256, "dapdirect_swd")])
@pytest.mark.parametrize("mcu, clk", [("stm32f407", "PA5"), ("stm32f407", "PB5"), ("stm32f103", "PA5"),
                                      ("stm32g071", "PA5")])
def test_read_erase_and_write(board, tmp_path, mcu, clk, area, transport):
    prepare = ["%s configure -work-area-size %d" % (CPUS[mcu], area)] if area else []
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    data = noise(300, 3)
    part = file_of(tmp_path / "part.bin", data)
    chip.erase(0x2000, 0x1000)
    chip.write(0x20f0, data)
    one = run(board, tmp_path, mcu, *prepare, "flash probe ext", "flash erase_sector ext 2 2",
              "flash write_bank ext %s 0x20f0" % part, "flash verify_bank ext %s 0x20f0" % part,
              "flash read_bank ext %s 0x20f0 301" % (tmp_path / "back"), "cmspi cmd ext 3 0x9f",
              "flash erase_check ext",
              clk=clk, chip=chip, transport=transport).ok()
    chip.assert_as_expected()
    assert (tmp_path / "back").read_bytes() == data + b"\xff"
    assert "c8 40 12" in one.out
    assert one.out.count(SLOW) == (area == 256)
    assert one.report["gpio"]["unlike_mark"] == []


def test_a_pin_that_does_not_turn_round_is_refused(board, tmp_path):
    bank = ("flash bank ext cmspi 0x90000000 0 0 0 stm32f4x.cpu "
            "-port {A kind set_clear_word out 0x40020014 in 0x40020010 set 0x40020018 clear_shift 16} "
            "-cs {PA4 A 4} -clk {PA5 A 5} -mosi {PA7 A 7} -miso {PA7 A 7} -core-khz 16000")
    Run(board, None, session(), bank=bank, chips=()).failed("PA7 is both mosi and miso")


PRIOR = """
set a [llength [flash list]]
flash bank $_CHIPNAME.sio cmspi 0x90000000 0 0 0 $_TARGETNAME \\
	0x3FC 0x4001100C  0 0x4001080C  0 %s 0x4001100C  1 0x3F4 0x3F4 0x000000B0

proc cmspi_init { } {
	mmw 0x40021018 0x000001FD 0
	# PA00:PP:V
	mmw 0x40010800 0x00000003 0x0000000C
	# PC01:INUP:V, PC00:PPUP:H
	mmw 0x40011000 0x00000081 0x0000007E
	mmw 0x4001100C 0x00000003 0x00000000
}
$_TARGETNAME configure -event reset-init { cmspi_init }
"""


@pytest.mark.parametrize("miso", ["0x4001100C 1 0x3F4 0x3F4 0x00000000", ""])
def test_prior_form(board, tmp_path, miso):
    """With MISO at the same place and mask 0, and as its tool printed three pins."""
    config = file_of(tmp_path / "board.cfg", (PRIOR % miso).encode())
    data = noise(SMALL_BYTES, 2)
    b = board(mcu="stm32f103", chips=((small_chip(tmp_path), "cs=PC0,clk=PA0,mosi=PC1,miso=PC1"),),
              images=(file_of(tmp_path / "chip.bin", data),))
    args = ["-f", config]
    for command in ("init", "reset init", "flash probe $_CHIPNAME.sio", "echo REGS=[mdw 0x40011000]",
                    "flash read_bank $_CHIPNAME.sio %s 4 300" % (tmp_path / "back")) + END:
        args += ["-c", command]
    code, out = b.run(*args)
    report = b.stop()
    assert code == 0, out
    assert not report["sins"], report["sin_log"]
    assert (tmp_path / "back").read_bytes() == data[4:304]
    # an input with pull-up again
    assert re.search(r"REGS=0x40011000: 44444481", out), out


def test_driving_on_is_contention(board, tmp_path):
    """The proof that the board would see a pin that is not released: it reads an ID by
    hand and keeps PA7 an output."""
    registers = ["mmw 0x40023830 1 0", "mww 0x40020018 0x00a00010", "mww 0x40020000 0xa8004500",
                 "mww 0x40020018 0x00100000"]
    bits = ["mww 0x40020018 0x%08x; mww 0x40020018 0x20" % (0x00200080 if 0x9f >> i & 1 else 0x00a00000)
            for i in range(7, -1, -1)]
    one = Run(board, Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2)),
              session(*registers, *bits, "mww 0x40020018 0x00200000", "mww 0x40020018 0x10"), bank=None,
              chips=((small_chip(tmp_path), SIO % "PA5"),))
    assert one.report["sins"].get("contention") == 1, one.report["sins"]
