# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes that cannot be right, or cannot be served, are refused in words, and
nothing is written anywhere."""

import pytest
from flashlib import BANK, CHIP_BYTES, Chip, Run, noise


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=3))


def session(*commands):
    return ("init", "reset init") + commands + ("shutdown",)


def test_a_size_that_is_no_multiple_of_the_sector_is_refused(board, full):
    run = Run(board, full, session("flash probe ext"), bank=BANK + " -size 100000")
    run.failed("size 100000 bytes is no multiple of the sector of 4096 bytes", "-size")
    full.assert_as_expected()


def test_a_size_that_three_address_bytes_do_not_reach_is_refused(board, full, tmp_path):
    data = tmp_path / "data.bin"
    data.write_bytes(noise(100, seed=4))
    run = Run(board, full, session("flash write_image erase %s 0x91000000" % data),
              bank=BANK + " -size 0x2000000")
    run.failed("takes three address bytes only", "-size 0x1000000")
    full.assert_as_expected()


def test_memory_behind_the_chip_is_refused_at_the_first_look(board, full):
    run = Run(board, full, session("mdw 0x90900000"))
    run.failed("0x90900000", "outside the bank")
