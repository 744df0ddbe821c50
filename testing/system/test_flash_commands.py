# SPDX-License-Identifier: GPL-2.0-or-later

"""Every flash command on a cmspi bank, judged by the chip's own contents: all
8 MiB of them are compared, so that a byte written elsewhere is seen too."""

import re

import pytest

from flashlib import (BASE, CHIP_BYTES, PAGE_BYTES, SECTOR_BYTES, SMALL_BYTES, Chip, Run, elf,
                      file_of, noise, session, small_chip)


@pytest.fixture
def blank(tmp_path):
    return Chip(tmp_path / "chip.bin")


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


# ---- what is it? ---------------------------------------------------------------

def test_probe_names_the_chip(board, blank):
    run = Run(board, blank, session("flash probe ext")).ok()
    assert "w25q64" in run.out.lower()
    assert re.search(r"flash 'cmspi' found at 0x90000000", run.out)


def test_info_says_id_size_and_where_it_came_from(board, blank):
    run = Run(board, blank, session("echo [flash info ext]")).ok()
    assert re.search(r"#\d+ : cmspi at 0x90000000, size 0x00800000", run.out)
    assert re.search(r"ef\s?40\s?17", run.out)
    assert len(run.out.splitlines()) < 250, "2048 sectors one by one help nobody"


def test_banks_and_list_show_the_bank(board, blank):
    run = Run(board, blank, session("flash probe ext", "flash banks",
                                    "foreach bank [flash list] { echo $bank }")).ok()
    assert re.search(r"#\d+ : ext \(cmspi\) at 0x90000000, size 0x00800000", run.out)
    assert re.search(r"driver cmspi base 2415919104 size 8388608", run.out)


def test_banks_can_be_listed_before_init(board, blank):
    run = Run(board, blank, ("flash banks", "shutdown"))
    assert run.code == 0, run.out
    assert "ext (cmspi) at 0x90000000" in run.out


# ---- erase ---------------------------------------------------------------------

@pytest.mark.parametrize("first, last", [(0, 0), (1, 1), (2047, 2047), (3, 40), (16, 31), (15, 32)])
def test_erase_sector_erases_exactly_these(board, full, first, last):
    full.erase(first * SECTOR_BYTES, (last - first + 1) * SECTOR_BYTES)
    Run(board, full, session("flash erase_sector ext %d %d" % (first, last))).ok()
    full.assert_as_expected()


def test_erase_sector_last_by_name(board, full):
    full.erase(2040 * SECTOR_BYTES, 8 * SECTOR_BYTES)
    Run(board, full, session("flash erase_sector ext 2040 last")).ok()
    full.assert_as_expected()


def test_erase_sector_beyond_the_end_is_refused(board, full):
    Run(board, full, session("flash erase_sector ext 2047 2048")).failed("2047")
    full.assert_as_expected()


@pytest.mark.parametrize("offset, count", [(0x1000, 0x1000), (0x7f000, 0x22000)])
def test_erase_address(board, full, offset, count):
    full.erase(offset, count)
    Run(board, full, session("flash erase_address 0x%x 0x%x" % (BASE + offset, count))).ok()
    full.assert_as_expected()


def test_erase_address_inside_a_sector_is_refused(board, full):
    Run(board, full, session("flash erase_address 0x90001010 0x100")).failed()
    full.assert_as_expected()


def test_erase_address_pads_when_told_to(board, full):
    full.erase(0x1000, 0x2000)
    Run(board, full, session("flash erase_address pad 0x90001010 0x1000")).ok()
    full.assert_as_expected()


def test_mass_erase(board, full):
    full.erase(0, CHIP_BYTES)
    # a real one takes 20 s; the time is not what is tested here
    Run(board, full, session("cmspi mass_erase ext"),
        chips=(("W25Q64JV-Q:tCE=200000", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),)).ok()
    full.assert_as_expected()


@pytest.mark.parametrize("spots", [{}, {0x5000: 0xfe, SMALL_BYTES - 1: 0x7f}],
                         ids=["blank", "single_bits"])
def test_erase_check(board, tmp_path, spots):
    contents = bytearray(b"\xff" * SMALL_BYTES)
    for offset, byte in spots.items():
        contents[offset] = byte
    chip = Chip(tmp_path / "chip.bin", contents)
    run = Run(board, chip, session("echo [flash erase_check ext]"),
              chips=((small_chip(tmp_path), "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),)).ok()
    found = re.findall(r"#\s*(\d+):.*not erased", run.out)
    assert found == [str(offset // SECTOR_BYTES) for offset in spots]
    assert ("Bank is erased" in run.out) == (not spots)
    chip.assert_as_expected()


def test_part_without_sfdp_is_found_in_the_table(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 8))
    data = noise(5000, 9)
    path = file_of(tmp_path / "data.bin", data)
    chip.erase(0x3e000, 0x2000)
    chip.write(0x3e100, data)
    run = Run(board, chip, session(
        "flash write_image erase %s 0x9003e100 bin" % path,
        "verify_image %s 0x9003e100 bin" % path),
        chips=((small_chip(tmp_path), "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),)).ok()
    assert "gd25q20" in run.out
    chip.assert_as_expected()


# ---- write ---------------------------------------------------------------------

# (offset, bytes), each in 128 KiB of its own: inside a page, across pages and
# sectors, odd ends, up to the last byte of the chip
SPANS = [(area * 0x20000 + offset, count) for area, (offset, count) in enumerate([
    (0, 1), (0, 256), (1, 1), (255, 1), (255, 2), (250, 300), (256, 257), (3, 3), (0x123, 0x456),
    (4095, 2), (0x0fff, 0x1002), (0xfffd, 7), (3, 70001), (0x10001, 511), (0x7f00, 0x300)])]
SPANS += [(CHIP_BYTES - 0x20000 - 257, 257), (CHIP_BYTES - 70000, 69998), (CHIP_BYTES - 1, 1)]


def test_write_bank_at_any_offset_and_length(board, blank, tmp_path):
    commands = []
    for offset, count in SPANS:
        data = noise(count, seed=offset)
        path = file_of(tmp_path / ("%06x.bin" % offset), data)
        blank.write(offset, data)
        commands.append("flash write_bank ext %s 0x%x" % (path, offset))
    Run(board, blank, session(*commands)).ok()
    blank.assert_as_expected()


def test_two_writes_into_one_page(board, blank, tmp_path):
    low, high = noise(100, 1), noise(156, 2)
    blank.write(0x200, low + high)
    Run(board, blank, session(
        "flash write_bank ext %s 0x200" % file_of(tmp_path / "low", low),
        "flash write_bank ext %s 0x264" % file_of(tmp_path / "high", high))).ok()
    blank.assert_as_expected()


def test_write_bank_of_blank_pages_sends_nothing(board, blank, tmp_path):
    data = noise(256, 1) + b"\xff" * (64 * PAGE_BYTES) + noise(256, 2)
    path = file_of(tmp_path / "data.bin", data)
    blank.write(0, data)
    Run(board, blank, session("flash write_bank ext %s 0" % path)).ok()
    blank.assert_as_expected()


def test_write_without_erase_is_no_success(board, full, tmp_path):
    path = file_of(tmp_path / "data.bin", noise(1000, 3))
    board = Run(board, full, session("flash write_bank ext %s 0x1000" % path,
                                     "flash verify_bank ext %s 0x1000" % path))
    assert board.code != 0, board.out


def test_write_image_erases_only_its_sectors(board, full, tmp_path):
    data = noise(5000, 4)
    path = file_of(tmp_path / "data.bin", data)
    full.erase(0x3000, 0x2000)
    full.write(0x3010, data)
    Run(board, full, session("flash write_image erase %s 0x90003010 bin" % path)).ok()
    full.assert_as_expected()


def test_write_image_with_an_offset(board, full, tmp_path):
    data = noise(700, 5)
    path = elf(tmp_path / "data.elf", (0x10000, data))
    full.erase(0x10000, 0x1000)
    full.write(0x10000, data)
    Run(board, full, session("flash write_image erase %s 0x90000000 elf" % path)).ok()
    full.assert_as_expected()


@pytest.mark.parametrize("command, unit", [("fillw", 4), ("fillh", 2), ("fillb", 1)])
def test_fill(board, blank, command, unit):
    pattern = 0xa5b6c7d8 & ((1 << 8 * unit) - 1)
    blank.write(0x10fd, pattern.to_bytes(unit, "little") * 333)
    Run(board, blank, session("flash %s 0x900010fd 0x%x 333" % (command, pattern))).ok()
    blank.assert_as_expected()


# ---- read ----------------------------------------------------------------------

def test_read_bank_at_any_offset_and_length(board, full, tmp_path):
    Run(board, full, session(*[
        "flash read_bank ext %s 0x%x %d" % (tmp_path / str(offset), offset, count)
        for offset, count in SPANS])).ok()
    for offset, count in SPANS:
        assert (tmp_path / str(offset)).read_bytes() == full.expected[offset:offset + count], \
            "0x%06x %d" % (offset, count)
    full.assert_as_expected()


def test_read_bank_beyond_the_end_is_refused(board, full, tmp_path):
    Run(board, full, session("flash read_bank ext %s 0x7fffff 2" % (tmp_path / "out"))).failed(
        "out of range")


@pytest.mark.parametrize("command", ["verify_bank ext {} 0x1234", "verify_image {} 0x90001234 bin"])
@pytest.mark.parametrize("flip", [None, 0, 4999])
def test_flash_verify_sees_one_wrong_bit(board, full, tmp_path, command, flip):
    data = bytearray(full.expected[0x1234:0x1234 + 5000])
    if flip is not None:
        data[flip] ^= 0x10
    path = file_of(tmp_path / "data.bin", data)
    run = Run(board, full, session("flash " + command.format(path))).innocent()
    assert (run.code == 0) == (flip is None), run.out
    full.assert_as_expected()


@pytest.mark.parametrize("flip", [None, 0, 2500, 4999])
def test_verify_image_sees_one_wrong_bit(board, full, tmp_path, flip):
    data = bytearray(full.expected[0x1235:0x1235 + 5000])
    if flip is not None:
        data[flip] ^= 1
    path = file_of(tmp_path / "data.bin", data)
    run = Run(board, full, session("verify_image %s 0x90001235 bin" % path)).innocent()
    assert (run.code == 0) == (flip is None), run.out


def test_the_bank_is_readable_memory(board, full, tmp_path):
    out = tmp_path / "dump.bin"
    run = Run(board, full, session(
        "echo [mdb 0x90000101 3]", "echo [mdh 0x90000200 2]", "echo [mdw 0x90000300 2]",
        "echo [read_memory 0x907ffffc 32 1]",
        "dump_image %s 0x90001001 1000" % out)).ok()
    data = full.expected
    assert " ".join("%02x" % b for b in data[0x101:0x104]) in run.out
    assert "%04x" % int.from_bytes(data[0x202:0x204], "little") in run.out
    assert "%08x" % int.from_bytes(data[0x304:0x308], "little") in run.out
    assert "0x%x" % int.from_bytes(data[-4:], "little") in run.out
    assert out.read_bytes() == data[0x1001:0x1001 + 1000]


def test_memory_writes_into_the_bank_are_refused(board, full):
    Run(board, full, session("mww 0x90000000 0x12345678")).failed("0x90000000")
    full.assert_as_expected()


# ---- raw commands --------------------------------------------------------------

def test_cmd_reads_the_id(board, blank):
    run = Run(board, blank, session("echo [cmspi cmd ext 3 0x9f]")).ok()
    assert re.search(r"ef 40 17", run.out)


def test_cmd_sends_write_enable_and_reads_status(board, blank):
    run = Run(board, blank, session("cmspi cmd ext 0 0x06", "echo [cmspi cmd ext 1 0x05]",
                                    "cmspi cmd ext 0 0x04", "echo [cmspi cmd ext 1 0x05]")).ok()
    assert [line.split()[-1] for line in run.out.splitlines()
            if re.fullmatch(r"(.*-> )?[0-9a-f]{2} ?", line)] == ["02", "00"]


@pytest.mark.parametrize("arguments, word", [
    ("", "num_resp"), ("ext", "num_resp"), ("ext 0", "num_resp"),
    ("ext -1 0x9f", "-1"), ("ext 3 0x100", "0x100"), ("nobank 3 0x9f", "nobank"),
    ("stm32f4x.flash 3 0x9f", "not cmspi"), ("ext 100000 0x9f", "100000"),
])
def test_cmd_refuses_nonsense(board, blank, arguments, word):
    run = Run(board, blank, session("cmspi cmd " + arguments)).failed()
    assert word in run.out.split("halted due to")[-1], run.out


# ---- as found ------------------------------------------------------------------

# RCC_AHB1ENR; GPIOA MODER OTYPER OSPEEDR PUPDR, ODR, AFRL AFRH (RM0090 rev. 19, 7.3.10, 8.4)
REGISTERS = ("mdw 0x40023830", "mdw 0x40020000 4", "mdw 0x40020014", "mdw 0x40020020 2")
LOOK = "echo \"REGS %s\"" % " ".join("[%s]" % r for r in REGISTERS)
# r0..r12, sp, lr, pc, xPSR, msp, psp, primask, ...
LOOK_CORE = "echo \"CORE [get_reg {r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc xPSR " \
            "msp psp primask basepri faultmask control}]\""



@pytest.mark.parametrize("setup", [
    (),
    # an application that has its clock on, PA5 as SPI1_SCK, PA4 high, PA15 as output
    ("mww 0x40023830 0x00100005", "mww 0x40020000 0x68000900", "mww 0x40020020 0x00500000",
     "mww 0x40020018 0x00008010"),
], ids=["after_reset", "pins_in_use"])
def test_pins_clocks_and_core_are_left_as_found(board, full, tmp_path, setup):
    data = noise(3000, 6)
    path = file_of(tmp_path / "data.bin", data)
    look = (LOOK, LOOK_CORE)
    full.erase(0x2000, 0x1000)
    full.write(0x2000, data)
    run = Run(board, full, session(
        *setup, "reg r7 0x12345678", "reg primask 1", *look,
        "flash probe ext", *look,
        "flash erase_sector ext 2 2", *look,
        "flash write_bank ext %s 0x2000" % path, *look,
        "flash verify_bank ext %s 0x2000" % path, *look,
        "cmspi cmd ext 3 0x9f", *look)).ok()
    assert len(set(re.findall(r"^CORE .*$", run.out, re.MULTILINE))) == 1, run.out
    regs = re.findall(r"(?:^REGS )(.*?)(?=^CORE)", run.out, re.MULTILINE | re.DOTALL)
    assert len(regs) == 6 and len(set(regs)) == 1, run.out
    full.assert_as_expected()
