# SPDX-License-Identifier: GPL-2.0-or-later

"""Page programs on four lines (32h, 38h), where reads on four lines are known to work.

The board counts a line that chip and MCU drive together as `contention`, a line that
nobody drives while the chip listens as `floating_input`."""

import json

import pytest

from conftest import ROOT
from flashlib import Chip, Run, file_of, noise, session
from test_four_lines import ANYWHERE, IN_ORDER, TWO_PORTS, run_four

CHIP_BYTES = 8 << 20
# QSPI pins of the 32F746GDISCOVERY: CLK, and the data lines on two other ports
THREE_PORTS = "cs=PB6,clk=PB2,mosi=PD11,miso=PD12,io2=PE2,io3=PD13"
FOUR_PORTS = "cs=PB6,clk=PB2,mosi=PC9,miso=PC10,io2=PE2,io3=PD13"
OWN_CLOCK = "cs=PA4,clk=PB5,mosi=PA7,miso=PA6,io2=PA0,io3=PA15"


def erased_with_start(seed=3):
    """A sector that tells whether four lines work, then nothing."""
    return noise(4096, seed) + b"\xff" * (CHIP_BYTES - 4096)


def commands_of(run):
    return run.report["chips"][0]["commands"]


def count_of(run, opcode):
    return commands_of(run).get(opcode, {"count": 0})["count"]


def write(board, tmp_path, pins, offset, data, *, contents=b"\xff" * CHIP_BYTES, before=(),
          **options):
    image = file_of(tmp_path / "image.bin", data)
    run = run_four(board, tmp_path, pins, *before,
                   "flash write_bank ext %s 0x%x" % (image, offset),
                   "flash verify_bank ext %s 0x%x" % (image, offset), contents=contents, **options)
    chip = (tmp_path / "chip.bin").read_bytes()
    wanted = contents[:offset] + data + contents[offset + len(data):]
    return run, chip == wanted


@pytest.mark.parametrize("mcu, pins, options, transport", [
    # one port: CLK goes low with the data
    ("stm32f407", ANYWHERE, "", "dapdirect_swd"),
    ("stm32f407", "cs=PA4,clk=PA5,mosi=PA0,miso=PA1,io2=PA2,io3=PA3", "", "dapdirect_swd"),
    # two ports, CLK on one of them or on a third
    ("stm32f407", TWO_PORTS, "", "dapdirect_swd"),
    ("stm32f407", OWN_CLOCK, "", "dapdirect_swd"),
    ("stm32f407", THREE_PORTS, "", "dapdirect_swd"),
    # only the loop with a delay does three ports of data
    ("stm32f407", FOUR_PORTS, "-max-khz 300", "dapdirect_swd"),
    # directions in CRL and CRH
    ("stm32f103", "cs=PA4,clk=PA5,mosi=PA6,miso=PA7,io2=PA8,io3=PA9", "", "hla_swd"),
    ("stm32g071", IN_ORDER, "-max-khz 300", "hla_swd"),
])
def test_write_on_four_lines(board, tmp_path, mcu, pins, options, transport):
    """Also from the middle of a page to the middle of one, in odd numbers."""
    run, right = write(board, tmp_path, pins, 0x10f1, noise(20001, 5), mcu=mcu, options=options,
                       transport=transport)
    run.ok()
    assert right
    assert count_of(run, "32") > 70, commands_of(run)
    # the first page, which tells that four lines work
    assert count_of(run, "02") == 1
    assert run.report["gpio"]["unlike_mark"] == []


def plain_bank():
    """CLK and data on one port of an STM32F407 whose BSRR the driver is not told of: each
    store is one to ODR, and CLK high is added to the data. RM0090 rev 19, 8.4 and 7.3.10."""
    lines = {"clk": 8, "mosi": 4, "miso": 5, "io2": 6, "io3": 7}
    words = ["flash bank ext cmspi 0x90000000 0 0 0 stm32f4x.cpu",
             "-port {A kind plain width 32 out 0x40020014 in 0x40020010}", "-cs {PA9 A 9}"]
    for role, bit in lines.items():
        turn = "in {{0x40020000 %#x 0}} out {{0x40020000 %#x %#x}}" % (
            3 << 2 * bit, 3 << 2 * bit, 1 << 2 * bit)
        words.append("-%s {PA%d A %d %s}" % (role, bit, bit, turn if role != "clk" else ""))
    words.append("-setup {{0x40023830 1 1} {0x40020014 0x3f0 0x2c0} {0x40020000 0xfff00 0x55100}}")
    return " ".join(words + ["-core-khz 16000"])


def test_plain_output_register(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", b"\xff" * CHIP_BYTES)
    data = noise(20001, 5)
    image = file_of(tmp_path / "image.bin", data)
    run = Run(board, chip, session("flash write_bank ext %s 0x10f1" % image), bank=plain_bank(),
              chips=(("W25Q64JV-Q", "cs=PA9,clk=PA8,mosi=PA4,miso=PA5,io2=PA6,io3=PA7"),))
    run.ok()
    assert chip.contents()[0x10f1:0x10f1 + len(data)] == data
    assert count_of(run, "32") > 70, commands_of(run)


def test_what_is_there_tells_before_the_first_page(board, tmp_path):
    run, right = write(board, tmp_path, ANYWHERE, 4096, noise(20000, 5),
                       contents=erased_with_start(),
                       before=("flash read_bank ext %s 0 4096" % (tmp_path / "back"),))
    run.ok()
    assert right and count_of(run, "02") == 0, commands_of(run)


def test_little_is_programmed_on_one_line(board, tmp_path):
    run, right = write(board, tmp_path, ANYWHERE, 0, noise(8000, 5))
    run.ok()
    assert right and count_of(run, "32") == 0


def test_small_work_area(board, tmp_path):
    """Without room for four lines the write is done on one."""
    run, right = write(board, tmp_path, ANYWHERE, 4096, noise(16500, 5),
                       contents=erased_with_start(),
                       before=("flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                               "stm32f4x.cpu configure -work-area-size 2048"))
    run.ok()
    assert right and count_of(run, "32") == 0, commands_of(run)


def test_packed_on_four_lines(board, tmp_path):
    """What packs well goes packed, and out on four lines."""
    data = bytes(range(256)) * 256
    run, right = write(board, tmp_path, ANYWHERE, 4096, data, contents=erased_with_start(),
                       before=("flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                               "adapter speed 480"))
    run.ok()
    assert right and count_of(run, "32") >= 256, commands_of(run)


def test_four_lines_that_program_something_else(board, tmp_path):
    """The chip does not hear 32h: an error, and one line from then on."""
    image = file_of(tmp_path / "image.bin", noise(20000, 5))
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                   "catch {flash write_bank ext %s 4096}" % image,
                   "flash write_bank ext %s 4096" % image, "flash verify_bank ext %s 4096" % image,
                   contents=erased_with_start(), faults=("ignore_opcode:op=0x32",))
    assert run.code == 0, run.out
    assert "that was programmed on four lines (32h): the next try takes one" in run.out, run.out
    assert run.report["gpio"]["unlike_mark"] == []


def macronix(folder):
    """MX25L12845G (QPI: 35h, F5h, AFh) with quad enable set in the factory."""
    row = json.loads((ROOT / "testing/simboard/data/chip/MX25L12845G.json").read_text())
    row["part"] = "mx-quad"
    for reg in row["registers"]:
        if reg["name"] == "SR1":
            reg["power_up"] = "0x40"
    path = folder / "mx-quad.json"
    path.write_text(json.dumps(row))
    return str(path)


@pytest.mark.parametrize("by_gpio", [False, True])
def test_address_on_four_lines(board, tmp_path, by_gpio):
    """38h of Macronix takes the address on four lines, too."""
    contents = noise(4096, 3) + b"\xff" * ((16 << 20) - 4096)
    area = ("stm32f4x.cpu configure -work-area-size 256",) if by_gpio else ()
    run, right = write(board, tmp_path, ANYWHERE, 4096, noise(16500, 5), part=macronix(tmp_path),
                       contents=contents,
                       before=area + ("flash read_bank ext %s 0 4096" % (tmp_path / "back"),))
    run.ok()
    assert right
    # without the stub there is no room for its code either
    assert count_of(run, "38") == (0 if by_gpio else 65), commands_of(run)
    assert run.report["gpio"]["unlike_mark"] == []


def test_address_on_four_lines_by_32h(board, tmp_path):
    """SST26: 32h, which other makers' parts take with the address on one line. Its quad
    enable is set in the factory here."""
    row = json.loads((ROOT / "testing/simboard/data/chip/SST26VF064B.json").read_text())
    row["part"] = "sst-quad"
    row["registers"][1]["power_up"] = "0x02"
    row["locks"]["power_up"] = False
    part = tmp_path / "sst-quad.json"
    part.write_text(json.dumps(row))
    run, right = write(board, tmp_path, ANYWHERE, 4096, noise(16500, 5), part=str(part),
                       contents=erased_with_start(),
                       before=("flash read_bank ext %s 0 4096" % (tmp_path / "back"),))
    run.ok()
    assert right
    assert count_of(run, "32") == 65, commands_of(run)
