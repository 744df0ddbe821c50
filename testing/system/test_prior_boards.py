# SPDX-License-Identifier: GPL-2.0-or-later

"""Board files of the prior driver's form, in prior/, run unchanged."""

import collections

import pytest

from conftest import ROOT, TARGET_CFG
from flashlib import END, SMALL_BYTES, Chip, file_of, noise, small_chip

Prior = collections.namedtuple("Prior", "pins bank target")

PRIOR = {
    "stm32f407": Prior("cs=PB0,clk=PB3,miso=PB4,mosi=PB5", "stm32f4x.cmspi", None),
    "stm32f746": Prior("cs=PB6,clk=PB2,io3=PD13,io2=PE2,miso=PD12,mosi=PD11", "stm32f7x.cmspi",
                       "target/stm32f7x.cfg"),
    "stm32f103": Prior("cs=PC0,clk=PA0,miso=PA1,mosi=PC1", "stm32f1x.w25q", None),
    "sam3x8e": Prior("cs=PC29,clk=PA27,miso=PA25,mosi=PA26", "sam3.w25q", "target/at91sam3XXX.cfg"),
}

# said before the target file, as these boards' files do: the SWD identification, here
# that of the simulated M3
BEFORE = {"sam3x8e": "set CPUTAPID 0x1ba01477"}


def run(make_board, tmp_path, mcu, *commands, chip=None, part=None, sins=frozenset(),
        transport="dapdirect_swd", **options):
    prior = PRIOR[mcu]
    chip = chip or Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    part = part or "%s:tCE=100000" % small_chip(tmp_path)
    b = make_board(mcu=mcu, chips=((part, prior.pins),), images=(chip.path,), **options)
    before = ["-c", BEFORE[mcu]] if mcu in BEFORE else []
    after = ["-f", prior.target or TARGET_CFG[mcu], "-f", ROOT / "testing/system/prior" / (mcu + ".cfg")]
    args = before + after
    for command in ("init", "reset init") + commands + END:
        args += ["-c", command.replace("BANK", prior.bank)]
    code, out = b.run(*args, transport=transport, target="")
    assert code == 0, out
    assert "Error executing event" not in out, out
    report = b.stop()
    assert set(report["sins"]) <= sins, report["sin_log"]
    chip.assert_as_expected()
    return out, report


# an M7's IDCODE is not what hla_swd expects of stm32f7x.cfg
@pytest.mark.parametrize("mcu, transport", [
    (mcu, transport) for mcu in PRIOR for transport in ("dapdirect_swd", "hla_swd")
    if (mcu, transport) != ("stm32f746", "hla_swd")])
def test_board_file_runs_unchanged(board, tmp_path, mcu, transport):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    data = noise(5000, 3)
    part = file_of(tmp_path / "part.bin", data)
    chip.erase(0x1000, 0x2000)
    chip.write(0x1000, data)
    out, report = run(
        board, tmp_path, mcu, "flash probe BANK", "flash write_image erase %s 0x90001000 bin" % part,
        "flash verify_image %s 0x90001000 bin" % part, "verify_image %s 0x90001000 bin" % part,
        "flash read_bank BANK %s 0x1000 5000" % (tmp_path / "back.bin"), "cmspi cmd BANK 3 0x9f",
        chip=chip, transport=transport)
    assert (tmp_path / "back.bin").read_bytes() == data
    assert out.count("c8 40 12") == 2


# a chip that a raw command has sent there takes the probe behind it for something else
MISUNDERSTOOD = {"unknown_opcode", "dummy_clocks", "contention", "short_command", "byte_boundary"}


@pytest.mark.parametrize("command", ["dpi BANK 8", "qpi BANK 10"])
def test_protocols_of_the_disco_board(board, tmp_path, command):
    """Its chip is a N25Q128A; what the prior driver's users sent before is still there."""
    enter = "0x61 0x9f" if command.startswith("dpi") else "0x61 0x5f"
    size = 16 << 20
    chip = Chip(tmp_path / "chip.bin", noise(4096, 2) + b"\xff" * (size - 4096))
    data = noise(700, 3)
    part = file_of(tmp_path / "part.bin", data)
    chip.write(0x1000, data)
    out, report = run(
        board, tmp_path, "stm32f746", "cmspi cmd BANK 0 0x06", "cmspi cmd BANK 0 " + enter,
        "cmspi " + command, "flash write_bank BANK %s 0x1000" % part,
        "flash verify_bank BANK %s 0x1000" % part, "cmspi spi BANK", "cmspi cmd BANK 3 0x9f",
        chip=chip, part="N25Q128A13", sins=MISUNDERSTOOD)
    assert "20 ba 18" in out
    counts = report["chips"][0]["commands"]
    assert counts["BB" if "dpi" in command else "EB"]["count"] > 2, counts


@pytest.mark.parametrize("mcu", PRIOR)
def test_mass_erase_and_erase_check(board, tmp_path, mcu):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    chip.erase(0, SMALL_BYTES)
    out, _ = run(board, tmp_path, mcu, "flash probe BANK", "cmspi mass_erase BANK",
                 "flash erase_check BANK", chip=chip)
    assert "mass erase done" in out


@pytest.mark.parametrize("mcu", PRIOR)
def test_diagnose_moves_one_wire_at_a_time(board, tmp_path, mcu):
    """On ports that are written whole, too: else CS goes low with an edge of CLK."""
    out, report = run(board, tmp_path, mcu, "cmspi diagnose BANK")
    assert "the wiring is good" in out and "after ABh" not in out
    assert "AB" not in report["chips"][0]["commands"]


# what cmspi_init sets up: mode, output and pull registers of the ports
REGISTERS = {
    "stm32f407": ("0x40020400 6",),
    "stm32f746": ("0x40020400 6", "0x40020c00 6", "0x40021000 6"),
    "stm32f103": ("0x40010800 4", "0x40011000 4"),
    # OSR, PSR, ODSR
    "sam3x8e": ("0x400e0e18 1", "0x400e0e08 1", "0x400e0e38 1", "0x400e1218 1", "0x400e1238 1"),
}
INPUT = {"stm32f103": 2}


@pytest.mark.parametrize("mcu", PRIOR)
def test_pins_are_as_cmspi_init_left_them(board, tmp_path, mcu):
    # without the input registers, which follow the wires
    place = INPUT.get(mcu, 4)
    look = "echo [list REGS %s]" % " ".join(
        "{[lreplace [read_memory %s 32 %s] %d %d]}" % (*r.split(), place, place) for r in REGISTERS[mcu])
    out, _ = run(board, tmp_path, mcu, look, "flash probe BANK", look,
                 "flash read_bank BANK %s 0 4096" % (tmp_path / "back"), look)
    seen = [line for line in out.splitlines() if line.startswith("REGS")]
    assert len(seen) == 3 and len(set(seen)) == 1, seen
    assert "0x" in seen[0]


@pytest.mark.parametrize("mcu, khz", [("stm32f407", 16000), ("stm32f746", 192000), ("stm32f103", 8000)])
def test_core_clock_is_known_by_the_target_files_name(board, tmp_path, mcu, khz):
    target = PRIOR[mcu].bank.split(".")[0] + ".cpu"
    out, _ = run(board, tmp_path, mcu, "source [find cmspi/positional.tcl]",
                 "echo KHZ=[cmspi_positional_core_khz %s]" % target)
    assert "KHZ=%d" % khz in out


def one_run(make_board, tmp_path, bank, *commands):
    """F407, pins set up by prior/stm32f407.cfg's writes, with another bank line."""
    text = (ROOT / "testing/system/prior/stm32f407.cfg").read_text()
    start, end = text.index("flash bank"), text.index("proc cmspi_init")
    config = file_of(tmp_path / "board.cfg", (text[:start] + bank + "\n" + text[end:]).encode())
    b = make_board(chips=((small_chip(tmp_path), PRIOR["stm32f407"].pins),))
    args = ["-f", config]
    for command in ("init", "reset init") + commands + END:
        args += ["-c", command]
    code, out = b.run(*args)
    return code, out, b.stop()


LINE = "flash bank ext cmspi 0x90000000 0 0 0 $_TARGETNAME "
FOUR = ("0x3FC 0x40020414 0 0x40020414 3 0x40020414 4 0x3EC 0x3EC 0x100 "
        "0x40020414 5 0x3EC 0x3EC 0x400")


def test_options_may_follow_the_numbers(board, tmp_path):
    code, out, report = one_run(board, tmp_path, LINE + FOUR + " -core-khz 64000 -max-khz 500",
                                "flash read_bank ext %s 0 64" % (tmp_path / "back"))
    assert code == 0 and not report["sins"], out


@pytest.mark.parametrize("line, why", [
    ("0x3FC 0x40020414 0", "3 numbers are no form of a bank"),
    ("0 0x40020414 0 0x3EC 0x3EC 1 0x40020414 1 0x3EC 0x3EC 4",
     "are the form of an I2C bank, which comes with a later release"),
    (FOUR + " 1", "16 numbers are no form of a bank"),
    (FOUR + " 1" * 30, "26 numbers are no form of a bank"),
    (FOUR.replace("0x3EC 0x400", "0x3EC four"), "'four' is not a number"),
    (FOUR.replace("5 0x3EC 0x3EC 0x400", "4 0x3EC 0x3EC 0"), "40020414:4 is both mosi and miso"),
    (FOUR.replace("14 5", "14 3"), "40020414:3 is both clk and mosi"),
    (FOUR + " -mosi {PA7 A 7}", "unknown option '-mosi'"),
])
def test_bad_line_is_refused(board, tmp_path, line, why):
    code, out, _ = one_run(board, tmp_path, LINE + line)
    assert code != 0 and why in out, out
