# SPDX-License-Identifier: GPL-2.0-or-later

"""What the documents show must work as shown."""

import re
import subprocess

from conftest import OPENOCD, QUIET_PORTS, ROOT
from flashlib import BASE, Chip, elf, noise


def code_block(text, first_words):
    """The indented block of a markdown text that starts with these words."""
    for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE):
        if block.startswith("    " + first_words):
            return re.sub(r"^    ", "", block, flags=re.MULTILINE)
    raise AssertionError("README has no block that starts with %r" % first_words)


def test_the_three_lines_for_an_own_board_program_it(board, tmp_path):
    cfg = tmp_path / "my-board.cfg"
    cfg.write_text(code_block((ROOT / "README.md").read_text(), "source [find interface/"))
    assert len(cfg.read_text().splitlines()) <= 4
    chip = Chip(tmp_path / "chip.bin")
    data = noise(3000, 71)
    chip.write(0, data)
    app = elf(tmp_path / "app.elf", (BASE, data))
    one = board(chips=(("W25Q64JV-Q", "cs=PB0,clk=PB3,mosi=PB5,miso=PB4"),), images=(chip.path,))
    done = subprocess.run(
        [OPENOCD] + QUIET_PORTS + ["-f", cfg, "-c", "st-link backend tcp %d" % one.port,
                                   "-c", "program %s verify reset exit" % app],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    assert not one.stop()["sins"]
    chip.assert_as_expected()
