# SPDX-License-Identifier: GPL-2.0-or-later

"""Code and tables that an earlier run left in target RAM are not sent again, and
what happens to that RAM in between is noticed. In SWD words of the board's probe,
the same in each run."""

import re

import pytest

from flashlib import CHIP_BYTES, SECTOR_BYTES, Chip, Run, file_of, noise, session

RAM = 0x20000000
READ = "mdw 0x90000000 4"
WRITE = "flash write_bank ext %s %#x"
QUIET = dict(idle_scale=0)


@pytest.fixture
def chip(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 3))


def words(board, chip, commands, **options):
    run = Run(board, chip, session("flash probe ext", *commands), **QUIET, **options).ok()
    return run.report["probe"]["swd_words"]


def costs(board, chip, *commands, **options):
    """SWD words of each command after those before it."""
    totals = [words(board, chip, commands[:count], **options)
              for count in range(len(commands) + 1)]
    return [after - before for before, after in zip(totals, totals[1:])]


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("command", [READ, "cmspi cmd ext 3 0x9f", "flash info ext"])
def test_the_same_again_sends_less(board, chip, command, transport):
    first, second = costs(board, chip, command, command, transport=transport)
    assert second < 0.8 * first


def test_writes_and_reads_are_right_with_what_is_kept(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin")
    commands = []
    for i in range(6):
        data = noise(700 + 300 * i, i)
        chip.write(i * 2 * SECTOR_BYTES, data)
        commands.append(WRITE % (file_of(tmp_path / ("%d.bin" % i), data), i * 2 * SECTOR_BYTES))
    Run(board, chip, session(*commands), **QUIET).ok()
    chip.assert_as_expected()


def test_any_word_that_has_changed_is_noticed(board, chip):
    offsets = range(0, 0x1000, 0x64)
    commands = ["mww %#x 0xdeadbeef; echo now=[%s]" % (RAM + at, READ) for at in offsets]
    run = Run(board, chip, session("echo now=[%s]" % READ, *commands), **QUIET).ok()
    found = re.findall("now=(.*)", run.out)
    assert len(found) == len(offsets) + 1
    assert len(set(found)) == 1
    assert "0x90000000: %08x" % int.from_bytes(chip.expected[:4], "little") in found[0]


def test_a_word_that_has_changed_costs_a_start_more(board, chip):
    first, kept, _, changed = costs(board, chip, READ, READ, "mww 0x20000010 0", READ)
    assert changed < first + kept


def test_behind_an_application_all_is_sent(board, chip):
    first, kept, _, again, last = costs(board, chip, READ, READ, "resume; halt", READ, READ)
    # with a look whether the application has changed the chip's state
    assert again > first
    assert last == kept


def test_a_work_area_that_is_put_back_keeps_nothing(board, chip):
    backup = ("stm32f4x.cpu configure -work-area-backup 1", READ, "mdw 0x20000000 16",
              "mww 0x20000000 0x12345678", READ, "echo ram=[mdw 0x20000000]")
    run = Run(board, chip, backup[:1] + session("flash probe ext", *backup[1:]), **QUIET).ok()
    assert "ram=0x20000000: 12345678" in run.out


def test_a_work_area_that_has_moved_holds_nothing(board, chip):
    move = "stm32f4x.cpu configure -work-area-phys 0x20004000 -work-area-size 0x4000"
    run = Run(board, chip, session("flash probe ext", "echo now=[%s]" % READ, move,
                                   "echo now=[%s]" % READ), **QUIET).ok()
    assert len(set(re.findall("now=(.*)", run.out))) == 1


def test_behind_other_code_all_is_sent(board, chip, tmp_path):
    """OpenOCD's own checksum of internal flash runs in the same RAM."""
    image = file_of(tmp_path / "ff.bin", b"\xff" * 1024)
    verify = "verify_image %s 0x08000000 bin" % image
    first, kept, _, again = costs(board, chip, READ, READ, verify, READ)
    assert kept < again < 1.05 * first
