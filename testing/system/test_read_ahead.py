# SPDX-License-Identifier: GPL-2.0-or-later

"""Reads of the window that follow each other are fetched in larger pieces, and what
was fetched is not believed once anything may have changed the chip."""

import re

from flashlib import SECTOR_BYTES, Chip, Run, file_of, noise, session, small_chip, SMALL_BYTES

BASE = 0x90000000
PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"


def run(board, tmp_path, *commands):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 4))
    return chip, Run(board, chip, session("flash probe ext", *commands), idle_scale=0,
                     chips=((small_chip(tmp_path), PINS),)).ok()


def dump(path, first, count):
    return "dump_image %s %#x %d" % (path, BASE + first, count)


def runs_of(said):
    return int(re.search(r"runs[^0-9]*(\d+)", said).group(1))


def test_a_dump_is_right_and_takes_fewer_runs(board, tmp_path):
    out = tmp_path / "out.bin"
    chip, one = run(board, tmp_path, "cmspi stats ext", dump(out, 5, SMALL_BYTES - 5),
                    "echo STATS[cmspi stats ext]")
    assert out.read_bytes() == bytes(chip.expected[5:])
    assert runs_of(one.out.split("STATS")[1]) < 0.8 * SMALL_BYTES / 4096


def test_a_write_between_two_reads_is_seen(board, tmp_path):
    """From 132 KiB on 16 KiB are fetched, of which the first dump leaves some."""
    first, then = tmp_path / "first.bin", tmp_path / "then.bin"
    at = 136 * 1024
    new = noise(SECTOR_BYTES, 8)
    name = file_of(tmp_path / "new.bin", new)
    chip, _ = run(board, tmp_path, dump(first, 0, at),
                  "flash write_image erase %s %#x bin" % (name, BASE + at),
                  dump(then, at, 2 * SECTOR_BYTES))
    assert first.read_bytes() == bytes(chip.expected[:at])
    chip.erase(at, SECTOR_BYTES)
    chip.write(at, new)
    chip.assert_as_expected()
    assert then.read_bytes() == bytes(chip.expected[at:at + 2 * SECTOR_BYTES])


def test_a_pending_erase_is_seen(board, tmp_path):
    first, then = tmp_path / "first.bin", tmp_path / "then.bin"
    at = 136 * 1024
    chip, _ = run(board, tmp_path, dump(first, 0, at), "cmspi session begin",
                  "flash erase_address %#x %d" % (BASE + at, SECTOR_BYTES),
                  dump(then, at, SECTOR_BYTES), "cmspi session end")
    chip.erase(at, SECTOR_BYTES)
    chip.assert_as_expected()
    assert then.read_bytes() == b"\xff" * SECTOR_BYTES


def test_behind_a_resume_all_is_read_again(board, tmp_path):
    first, then = tmp_path / "first.bin", tmp_path / "then.bin"
    at = 136 * 1024
    _, without = run(board, tmp_path, dump(first, 0, at), dump(then, at, 4096))
    _, resumed = run(board, tmp_path, dump(first, 0, at), "resume; halt", dump(then, at, 4096))
    bytes_read = [one.report["chips"][0]["commands"]["03"]["count"] for one in (without, resumed)]
    assert bytes_read[1] > bytes_read[0]
