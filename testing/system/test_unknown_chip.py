# SPDX-License-Identifier: GPL-2.0-or-later

"""A chip that nobody knows: the message holds a line that only needs to be typed."""

import json
import re

import pytest

from conftest import PINS
from flashlib import BASE, Chip, Run, SMALL_BYTES, file_of, noise, session, small_chip


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
