# SPDX-License-Identifier: GPL-2.0-or-later

"""Chips that do not do as they say: the command that was not obeyed is named with
its address and what the chip holds, and nothing else is harmed."""

import pytest

from flashlib import BOARDS, CHIP_BYTES, Chip, Run, Trouble, file_of, noise, session

both_boards = pytest.mark.parametrize("kind", BOARDS)


@pytest.fixture
def data(tmp_path):
    return file_of(tmp_path / "data.bin", noise(9000, 7))


def starts_blank(begin, size):
    """Contents with a sector whose first and last bytes are FFh, but not all."""
    contents = bytearray(noise(CHIP_BYTES, 1))
    contents[begin:begin + size] = b"\xff" * size
    contents[begin + size // 2] = 0x5a
    return contents


# ---- busy, ready, nothing done -------------------------------------------------

@both_boards
@pytest.mark.parametrize("operation, contents, addr", [
    ("flash erase_sector ext 3 3", None, "0x90003000"),
    ("flash erase_sector ext 16 40", None, "0x90010000"),
    ("flash erase_sector ext 3 3", starts_blank(0x3000, 0x1000), "0x90003000"),
    ("cmspi mass_erase ext", None, "0x90000000"),
    ("flash write_image erase {data} 0x90003000 bin", None, "0x90003000"),
    ("program {data} 0x90003000 verify", None, "0x90003000"),
], ids=["sector", "several_sizes", "starts_blank", "mass", "write_image", "program"])
def test_erase_that_does_nothing_is_found_before_data_go_over_it(board, tmp_path, data, kind,
                                                                 operation, contents, addr):
    chips = ("W25Q64JV-Q:tCE=400000",)
    Trouble(board, tmp_path, kind, session(operation.format(data=data)), contents=contents,
            chips=chips, faults=("erase_noop",)).says(
                r"%s is not blank: .*(locked|protected)" % addr).innocent()


@both_boards
@pytest.mark.parametrize("operation", ["flash write_bank ext {data} 0x3010",
                                       "flash write_image erase {data} 0x90003010 bin"])
def test_program_that_does_nothing_is_found_without_verify(board, tmp_path, data, kind, operation):
    blank = b"\xff" * CHIP_BYTES
    Trouble(board, tmp_path, kind, session(operation.format(data=data)), contents=blank,
            faults=("program_noop",)).says(
                r"0x90003010: 0xff, expected 0x%02x after programming: .*protected" % data.read_bytes()[0]).innocent()


@both_boards
def test_one_sector_that_does_not_program_is_found_without_verify(board, tmp_path, data, kind):
    # it goes through the motions like its neighbours: the first byte that is not FFh tells
    contents = bytearray(b"\xff" * CHIP_BYTES)
    contents[0x4000:0x5000] = bytes(0x1000)
    run = Trouble(board, tmp_path, kind, session("flash write_bank ext %s 0x3010" % data),
                  contents=contents, unharmed=False)
    run.says(r"0x90004000: 0x00, expected 0x.* after programming: not erased before")


def test_blank_chip_needs_no_mass_erase(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin")
    run = Run(board, chip, session("cmspi mass_erase ext")).ok()
    assert "C7" not in run.report["chips"][0]["commands"], run.report["chips"][0]["commands"]
