# SPDX-License-Identifier: GPL-2.0-or-later

"""A chip that nobody knows: the message holds a line that only needs to be typed."""

import json
import re

import pytest

from conftest import PINS
from test_address_ways import sfdp
from flashlib import BANK, BASE, Chip, Run, SMALL_BYTES, file_of, noise, session, small_chip


def strange(folder, jedec_id="C87712", **changes):
    row = json.loads(small_chip(folder).read_text())
    row.update(jedec_id=jedec_id, **changes)
    return ((str(file_of(folder / "strange.json", json.dumps(row).encode())), PINS),)


def test_the_line_of_the_message_makes_it_work(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, seed=1))
    first = Run(board, chip, session("flash probe ext"), chips=strange(tmp_path), idle_scale=0)
    first.failed("unknown chip, ID c8 77 12", "no usable SFDP")
    chip.assert_as_expected()
    line = re.search(r"'(cmspi set ext .*?)' and say that", first.out)[1]
    assert line == "cmspi set ext {ID 0xc87712} 0x40000 256 0x03 0x0b 0x02 0xc7 0x1000 0x20"
    data = noise(9000, seed=2)
    path = file_of(tmp_path / "data", data)
    run = Run(board, chip, session(line, "flash write_image erase %s %#x bin" % (path, BASE + 300),
                                   "verify_image %s %#x bin" % (path, BASE + 300), "flash info ext"),
              chips=strange(tmp_path), idle_scale=0).ok()
    assert "ID 0xc87712" in run.out and "256 KiB (user)" in run.out
    chip.erase(0, 12288)
    chip.write(300, data)
    chip.assert_as_expected()


@pytest.mark.parametrize("jedec_id,size", [("C87701", "SIZE"), ("2C7719", "0x2000000")])
def test_the_size_is_what_most_ids_mean(board, tmp_path, jedec_id, size):
    Run(board, None, session("flash probe ext"), chips=strange(tmp_path, jedec_id),
        idle_scale=0).failed("} %s 256 0x" % size)


def with_sfdp(folder, mib, told_mib, **changes):
    """A chip that no table has, with SFDP that tells a size."""
    row = strange(folder, size_bytes=mib << 20, **changes)
    contents = json.loads(open(row[0][0]).read())
    contents["sfdp"] = str(file_of(folder / "sfdp.hex", sfdp(1, bits=told_mib << 23)))
    return ((str(file_of(folder / "told.json", json.dumps(contents).encode())), PINS),)


@pytest.mark.parametrize("mib", [1, 16])
def test_sfdp_alone_is_enough(board, tmp_path, mib):
    data = noise(5000, seed=3)
    path = file_of(tmp_path / "data", data)
    end = BASE + (mib << 20) - 5000
    run = Run(board, None, session("flash write_image erase %s %#x bin" % (path, end),
                                   "verify_image %s %#x bin" % (path, end)),
              chips=with_sfdp(tmp_path, mib, mib, jedec_id="C87701"), idle_scale=0).ok()
    assert "ext: ID 0xc87701, %d KiB, %d sectors of 4 KiB" % (mib * 1024, mib * 256) in run.out


def test_a_size_that_sfdp_gets_wrong_is_corrected_by_the_user(board, tmp_path):
    """1 MiB, and SFDP says 2: what lies behind the end is the beginning again."""
    chips = with_sfdp(tmp_path, 1, 2, jedec_id="C87701")
    path = file_of(tmp_path / "data", noise(5000, seed=4))
    run = Run(board, None, session("flash probe ext", "flash write_image erase %s %#x bin" % (
        path, BASE + 0xf0000), "verify_image %s %#x bin" % (path, BASE + 0xf0000)),
        bank=BANK + " -size 0x100000", chips=chips, idle_scale=0).ok()
    assert "ext: ID 0xc87701, 1024 KiB, 256 sectors of 4 KiB" in run.out
    Run(board, None, session("flash write_image erase %s %#x bin" % (path, BASE + 0x100000)),
        bank=BANK + " -size 0x100000", chips=chips, idle_scale=0).failed("0x90100000")


@pytest.mark.parametrize("jedec_id,told", [("C87714", False), ("C87715", True)])
def test_sfdp_is_compared_with_what_most_ids_mean(board, tmp_path, jedec_id, told):
    run = Run(board, None, session("flash probe ext"),
              chips=with_sfdp(tmp_path, 1, 1, jedec_id=jedec_id), idle_scale=0).ok()
    sentence = "SFDP says 1024 KiB, the ID c8 77 15 stands for 2048 KiB: SFDP is taken, -size"
    assert (sentence in run.out) == told


def test_more_than_256_mib_are_probed(board, tmp_path):
    """512 MiB: SFDP tells them as a power of two."""
    run = Run(board, None, session("flash probe ext", "flash info ext"),
              chips=with_sfdp(tmp_path, 1, 512, jedec_id="C87701"), idle_scale=0)
    assert run.code == 0, run.out
    assert "ext: ID 0xc87701, 524288 KiB, 131072 sectors of 4 KiB" in run.out
