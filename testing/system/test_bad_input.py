# SPDX-License-Identifier: GPL-2.0-or-later

"""Bank lines and images that cannot work: said in words before anything is erased."""

import re

import pytest

from flashlib import (BASE, BOARDS, CHIP_BYTES, INTERNAL, WIRES, Trouble, bank_line, elf, file_of,
                      noise, pause_app, session)

both_boards = pytest.mark.parametrize("kind", BOARDS)


# ---- the bank line -------------------------------------------------------------

def changed(**wires):
    return " ".join("-%s %s" % wire for wire in {**WIRES, **wires}.items())


@both_boards
@pytest.mark.parametrize("options, words", [
    (changed(miso="PA16"), r"-miso PA16: stm32f\d: there is no pin PA16"),
    (changed(cs="PZ1"), r"-cs PZ1: stm32f\d: there is no port Z, only A B"),
    (changed(cs="A4"), r"-cs A4: stm32f\d: 'A4' is not a pin name such as PA4"),
    (changed(clk="PA4"), r"-clk PA4: the pin is -cs already"),
    (changed(mosi="PA13"), r"-mosi PA13: stm32f\d: the probe needs PA13: it is SWDIO"),
    (changed(mosi="PA14"), r"-mosi PA14: stm32f\d: the probe needs PA14: it is SWCLK"),
    (changed() + " -family stm32z9", r"unknown family 'stm32z9'; known: .*stm32f4"),
    (changed() + " -speed 9", r"unknown option '-speed'; known: -cs, -clk"),
    (changed() + " -max-khz fast", r"-max-khz 'fast' is not a number"),
])
def test_bank_line_is_refused_by_pin_and_option(board, tmp_path, kind, options, words):
    bank = "source [find cmspi.tcl]; cmspi_bank ext 0x90000000 %s %s" % (BOARDS[kind].target,
                                                                        options)
    Trouble(board, tmp_path, kind, session("flash probe ext"), bank=bank).says(
        "cmspi_bank ext: " + words).innocent()


@pytest.mark.parametrize("option", ["xcs", ""])
def test_option_without_its_dash_is_refused(board, tmp_path, option):
    """Of the driver's own line, which is made by cmspi_bank."""
    bank = ("source [find cmspi.tcl]; flash bank {*}[cmspi_bank_words ext 0x90000000 %s stm32f4 "
            "[cmspi_parse_options {%s}]] {%s} {PC1 A 1}" % (BOARDS["f407_dapdirect"].target, changed(), option))
    Trouble(board, tmp_path, "f407_dapdirect", session("flash probe ext"), bank=bank).says(
        "unknown option '%s'" % option).innocent()


@both_boards
@pytest.mark.parametrize("base, what", [
    (0, "internal flash"), (0x08000000, "internal flash"), (0x08100000, "internal flash"),
    (0x20000000, "RAM"), (0x40020000, "peripherals"), (0xe000e000, "the core's own registers"),
])
def test_base_inside_real_memory_is_refused(board, tmp_path, kind, base, what):
    Trouble(board, tmp_path, kind, session("flash probe ext"), bank=bank_line(kind, base=base)).says(
        r"base 0x%08x of bank ext .*%s.*: choose another base, by convention 0x90000000" % (
            base, what)).innocent()


@both_boards
@pytest.mark.parametrize("base, words", [
    (0x100000000, "base '4294967296' is beyond 32 bits"), (-4096, "base '-4096' is beyond 32 bits"),
    ("here", "base 'here' is not an address"),
])
def test_base_that_is_no_address_is_refused(board, tmp_path, kind, base, words):
    bank = bank_line(kind).replace("0x90000000", str(base))
    Trouble(board, tmp_path, kind, session("flash probe ext"), bank=bank).says(
        "cmspi_bank ext: " + words + "; by convention it is 0x90000000").innocent()


@pytest.mark.parametrize("base, told", [(0x60000000, 1), (0x90000000, 0), (0xc0000000, 1)])
def test_base_in_a_window_of_external_memory_is_told_once(board, tmp_path, base, told):
    run = Trouble(board, tmp_path, "f407_dapdirect", session(
        "flash probe ext", "mdw 0x%x" % base, "flash probe ext"),
        bank=bank_line("f407_dapdirect", base=base))
    assert run.code == 0, run.out
    assert len(re.findall("Warn : base 0x%08x of bank ext .*external memory" % base,
                          run.out)) == told, run.out


@both_boards
@pytest.mark.parametrize("first, second, words", [
    ("-size 0x800000", ("second", 0x90100000, ""), r"base 0x90100000 of bank second lies in bank ext "
     r"\(cmspi at 0x90000000\): choose another base"),
    ("", ("second", 0x90000000, ""), r"base 0x90000000 of bank second lies in bank ext"),
    ("", ("second", 0x8f000000, "-size 0x2000000"), r"bank second of 32768 KiB at 0x8f000000 would "
     r"reach into bank ext at 0x90000000: choose another base or a smaller -size"),
    ("", ("second", 0xdff00000, "-size 0x200000"), r"bank second of 2048 KiB at 0xdff00000 would "
     r"reach into the core's own registers at 0xe0000000"),
])
def test_bank_in_the_way_is_named(board, tmp_path, kind, first, second, words):
    name, base, options = second
    wires = {**WIRES, "cs": "PB4"}
    Trouble(board, tmp_path, kind, session("flash probe ext"), bank="%s; %s" % (
        bank_line(kind, options=first), bank_line(kind, wires, name, base, options))).says(
            words).innocent()


@both_boards
@pytest.mark.parametrize("bases, words", [
    ((0x90000000, 0x90100000), "8192 KiB of chip from 0x90000000 reach into bank second at 0x90100000"),
    ((0xdff00000,), "8192 KiB of chip from 0xdff00000 reach into the core's own registers at "
     "0xe0000000"),
])
def test_chip_larger_than_the_room_is_told_when_it_answers(board, tmp_path, kind, bases, words):
    lines = [bank_line(kind, {**WIRES, "cs": cs}, name, base)
             for cs, name, base in zip(("PA4", "PB4"), ("ext", "second"), bases)]
    Trouble(board, tmp_path, kind, session("flash probe ext"), bank="; ".join(lines)).says(
        words + ": choose another base").innocent()


# ---- images --------------------------------------------------------------------

def whole(path, *more):
    """An ELF file for both flashes that would change both."""
    return elf(path, (INTERNAL, noise(2000, 51)), (BASE + 0x1000, noise(3000, 52)), *more)


def truncated(folder, keep):
    data = whole(folder / "whole.elf").read_bytes()
    return file_of(folder / "cut.elf", data[:keep])


def hex_without_end(folder):
    return file_of(folder / "cut.hex", b":020000040800F2\n:10000000000102030405060708090A0B0C0D0E0F78\n")


IMAGES = {
    "missing": (lambda folder: folder / "no.elf", "", r"no\.elf"),
    "empty": (lambda folder: file_of(folder / "empty.bin", b""), "0x90000000", r"empty\.bin is no image that can be read: .*empty"),
    "empty_without_address": (lambda folder: file_of(folder / "empty.bin", b""), "", r"empty\.bin is no image that can be read: .*empty"),
    "elf_without_data": (lambda folder: elf(folder / "bare.elf"), "", r"bare\.elf|program headers"),
    "cut_in_the_chips_part": (lambda folder: truncated(folder, 2500), "",
                              r"cut\.elf is cut short: section 0x90001000 has 384 of its 3000 bytes"),
    "cut_in_the_internal_part": (lambda folder: truncated(folder, 1500), "",
                                 r"cut\.elf is cut short: section 0x08000000 has 1384 of its 2000"),
    "cut_in_the_header": (lambda folder: truncated(folder, 40), "", "(?i)ELF"),
    "hex_without_end": (hex_without_end, "", r"(?i)premature end|cut"),
    "no_image": (lambda folder: file_of(folder / "notes.txt", b"not an image\n" * 9), "",
                 r"notes\.txt has no address in it: add one behind the file name"),
    "beyond_the_end": (lambda folder: whole(folder / "long.elf", (BASE + CHIP_BYTES - 8, bytes(9))),
                       "", r"0x907ffff8 to 0x90800000 does not fit flash bank ext \(0x90000000 to "
                       r"0x907fffff\), at 0x90800000 there is no flash: nothing was erased"),
    "behind_the_end": (lambda folder: whole(folder / "far.elf", (0xa0000000, bytes(9))), "",
                       r"0xa0000000 to 0xa0000008 does not fit flash bank ext"),
    "before_the_begin": (lambda folder: whole(folder / "early.elf", (BASE - 8, bytes(16))), "",
                         r"0x8ffffff8 to 0x90000007 does not fit flash bank ext .* at 0x8ffffff8 there"),
    "nowhere": (lambda folder: whole(folder / "lost.elf", (0x08800000, bytes(9))), "",
                r"0x08800000 to 0x08800008 lies in no flash bank: nothing was erased"),
    "bin_beyond_the_end": (lambda folder: file_of(folder / "long.bin", bytes(0x1001)), "0x907ff000",
                           r"0x907ff000 to 0x90800000 does not fit flash bank ext"),
    "bin_to_peripherals": (lambda folder: file_of(folder / "odd.bin", bytes(16)), "0x40020000",
                           r"0x40020000 to 0x4002000f lies in no flash bank"),
}


@both_boards
@pytest.mark.parametrize("case", IMAGES)
def test_image_that_cannot_be_programmed_changes_nothing(board, tmp_path, kind, case):
    make, address, words = IMAGES[case]
    Trouble(board, tmp_path, kind, ("program %s verify reset exit %s" % (make(tmp_path), address),)
            ).says(words, "Programming Failed").innocent()


@both_boards
def test_variables_in_ram_are_left_out_as_ever(board, tmp_path, kind):
    image = elf(tmp_path / "ram.elf", (INTERNAL, pause_app(4096)), (0x20000100, bytes(16)))
    run = Trouble(board, tmp_path, kind, ("program %s reset exit" % image,))
    assert run.code == 0 and "no flash bank found for address 0x20000100" in run.out, run.out
