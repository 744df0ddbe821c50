# SPDX-License-Identifier: GPL-2.0-or-later

"""AT45 DataFlash: a linear bank of pages that are no power of two, or are; written in
whole pages and in parts of them, verified, read, erased, protected."""

import pytest

from conftest import PINS
from flashlib import BANK, BASE, Run, Chip, file_of, noise, session

TARGET = "stm32f4x.cpu"
NO_WORK_AREA = TARGET + " configure -work-area-size 0"
PAGES = {"AT45DB161E": (528, 4096), "AT45DB161E-512": (512, 4096), "AT45DB641E": (264, 32768)}
QUICK = ":tBE=4000,tP=400,tCE=50000"
parts = pytest.mark.parametrize("part", PAGES)


def run(board, folder, part, *commands, contents=None, **options):
    page, pages = PAGES[part]
    chip = Chip(folder / "chip.bin", contents if contents else b"\xff" * page * pages)
    options.setdefault("chips", ((part + QUICK, PINS),))
    return chip, Run(board, chip, session("flash probe ext", *commands), idle_scale=0, **options)


@parts
def test_pages_and_parts_of_them(board, tmp_path, part):
    page, pages = PAGES[part]
    spans = [(0, page), (3 * page + 5, 17), (9 * page - 3, 6), (20 * page + 1, 3 * page),
             (page * pages - page - 7, page + 7)]
    commands, wanted = [], []
    for offset, count in spans:
        data = noise(count, seed=offset)
        path = file_of(tmp_path / ("%x" % offset), data)
        wanted.append((offset, data))
        commands += ["flash write_bank ext %s %#x" % (path, offset),
                     "flash verify_bank ext %s %#x" % (path, offset),
                     "verify_image %s %#x bin" % (path, BASE + offset),
                     "flash read_bank ext %s.back %#x %d" % (path, offset, count)]
    chip, one = run(board, tmp_path, part, *commands)
    one.ok()
    for offset, data in wanted:
        chip.write(offset, data)
        assert (tmp_path / ("%x.back" % offset)).read_bytes() == data
    chip.assert_as_expected()


@parts
def test_erase_write_verify_and_blank_check(board, tmp_path, part):
    page, pages = PAGES[part]
    data = noise(5000, seed=1)
    path = file_of(tmp_path / "data", data)
    size = page * pages
    chip, one = run(board, tmp_path, part,
                    "flash write_image erase %s %#x bin" % (path, BASE + size // 2 + 1000),
                    "verify_image %s %#x bin" % (path, BASE + size // 2 + 1000),
                    "flash erase_sector ext 3 5", "flash erase_check ext",
                    contents=b"\x55" * size, chips=((part + ":tBE=4000,tP=400", PINS),))
    one.ok()
    # the sectors that it touches
    sector = 8 * page
    first, end = (size // 2 + 1000) // sector, (size // 2 + 1000 + len(data) - 1) // sector + 1
    chip.erase(first * sector, (end - first) * sector)
    chip.write(size // 2 + 1000, data)
    chip.erase(3 * sector, 3 * sector)
    chip.assert_as_expected()


@parts
def test_mass_erase(board, tmp_path, part):
    page, pages = PAGES[part]
    chip, one = run(board, tmp_path, part, "cmspi mass_erase ext",
                    contents=noise(page, seed=1) * pages)
    one.ok()
    assert one.report["chips"][0]["chip_erases"] == 1
    chip.erase(0, page * pages)
    chip.assert_as_expected()


def test_by_register_writes(board, tmp_path):
    data = noise(40, seed=1)
    path = file_of(tmp_path / "data", data)
    chip, one = run(board, tmp_path, "AT45DB161E", NO_WORK_AREA, "flash erase_sector ext 0 0",
                    "flash write_bank ext %s 510" % path, "flash verify_bank ext %s 510" % path)
    one.ok()
    chip.write(510, data)
    chip.assert_as_expected()


def test_a_write_that_was_not_erased_before_is_found_out(board, tmp_path):
    page, pages = PAGES["AT45DB161E"]
    path = file_of(tmp_path / "data", noise(page, seed=1))
    _, one = run(board, tmp_path, "AT45DB161E", "flash write_bank ext %s %d" % (path, 2 * page),
                 contents=b"\x55" * page * pages)
    assert one.code != 0
    assert set(one.report["sins"]) == {"program_0_to_1"}
    assert "after programming: not erased before" in one.out and "0x90000420" in one.out


def test_an_error_tells_the_offset_in_the_bank(board, tmp_path):
    page, _ = PAGES["AT45DB641E"]
    path = file_of(tmp_path / "data", noise(4 * page, seed=1))
    _, one = run(board, tmp_path, "AT45DB641E", "flash write_bank ext %s %d" % (path, 100 * page),
                 faults=("stuck_wip",))
    one.failed("program at 0x%x still busy" % (BASE + 100 * page))


# 3Dh 2Ah 7Fh FCh programs the register, a byte a sector; A9h switches protection on
@pytest.mark.parametrize("number,first,last", [("0xc0", 0, 0x107f), ("0x30", 0x1080, 0x20fff)])
def test_a_protected_sector_is_refused_with_the_way_out(board, tmp_path, number, first, last):
    page, pages = PAGES["AT45DB161E"]
    contents = b"\x55" * page * pages
    protect = "cmspi cmd ext 0 0x3d 0x2a 0x7f 0xfc %s" % " ".join([number] + 15 * ["0"])
    erase = "flash erase_sector ext 0 1"
    chip, one = run(board, tmp_path, "AT45DB161E", protect, "cmspi cmd ext 0 0x3d 0x2a 0x7f 0xa9",
                    "flash erase_sector ext 40 40", erase, contents=contents)
    one.failed("erase at 0x90000000: the chip's sector 0x%x to 0x%x is protected" % (
        BASE + first, BASE + last)) if number == "0xc0" else one.failed("is protected")
    chip, one = run(board, tmp_path, "AT45DB161E", protect, "cmspi cmd ext 0 0x3d 0x2a 0x7f 0xa9",
                    "cmspi cmd ext 0 0x3d 0x2a 0x7f 0x9a", erase, contents=contents)
    one.ok()
    chip.erase(0, 2 * 8 * page)
    chip.assert_as_expected()


def test_info(board, tmp_path):
    _, one = run(board, tmp_path, "AT45DB641E", "flash info ext")
    one.ok()
    assert "AT45DB641E, pages of 264 bytes, 8448 KiB, 4096 sectors of 2112 bytes" in one.out
    assert "erase: 2112 bytes by 50h" in one.out and "3 bytes, of page and byte" in one.out
    assert "protection: the chip's sector protection register is looked at" in one.out
