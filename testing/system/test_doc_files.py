# SPDX-License-Identifier: GPL-2.0-or-later

"""The documents: what they link to is there, and their pictures are those of the texts."""

import re
import subprocess
import sys
import textwrap
import xml.dom.minidom

import pytest

from conftest import OPENOCD, QUIET_PORTS, ROOT

sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True
import draw_wiring  # noqa: E402 (the path is needed first)

PICTURES = sorted(path.stem for path in (ROOT / "doc/wiring").glob("*.*"))
DOCUMENTS = ["README.md", "DESIGN.md",
             *sorted("doc/" + path.name for path in (ROOT / "doc").glob("*.md"))]


@pytest.mark.parametrize("name", sorted(set(PICTURES)))
def test_picture_is_what_its_text_says(name):
    folder = ROOT / "doc/wiring"
    drawn = draw_wiring.draw((folder / (name + ".txt")).read_text(), name + ".txt")
    assert (folder / (name + ".svg")).read_text() == drawn, "run scripts/draw_wiring.py"


@pytest.mark.parametrize("path", sorted((ROOT / "doc").glob("**/*.svg")), ids=lambda path: path.stem)
def test_picture_is_small_and_shown(path):
    xml.dom.minidom.parse(str(path))
    assert path.stat().st_size < 16384
    shown = "](%s)" % path.relative_to(ROOT / "doc")
    assert any(shown in (ROOT / name).read_text() for name in DOCUMENTS if name.startswith("doc/"))


def test_a_wrong_picture_text_is_refused():
    with pytest.raises(ValueError, match="'spark' is none of"):
        draw_wiring.draw("boxes: a | b\nx | spark | y\n", "wrong.txt")
    with pytest.raises(ValueError, match="has not the cells of 2 boxes"):
        draw_wiring.draw("boxes: a | b\nx | y\n", "wrong.txt")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_names_a_file_that_is_not_there(name):
    text = (ROOT / name).read_text()
    folder = (ROOT / name).parent
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (folder / link).exists(), "%s links to %s" % (name, link)
    for path in re.findall(r"`((?:contrib|doc|examples|scripts|tcl|testing)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), "%s names %s" % (name, path)


def test_the_lines_of_the_wiring_page_are_taken():
    text = (ROOT / "doc/wiring.md").read_text()
    blocks = [textwrap.dedent(block) for block in
              re.findall(r"\n\n((?:(?:    |      )\S.*\n(?:     +.*\n)*)+)", text)]
    assert len(blocks) == 2
    done = subprocess.run(
        [OPENOCD, "-s", ROOT / "tcl", *QUIET_PORTS, "-f", "interface/stlink-dap.cfg",
         "-c", "transport select dapdirect_swd", "-f", "target/stm32f4x.cfg", "-f", "cmspi.tcl",
         *[word for block in blocks for word in ("-c", block)],
         "-c", "echo [stm32f4x.cpu cget -event reset-init]; flash list; shutdown"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said
    # what the target file does is kept, and the chip's supply is added
    assert "adapter speed" in said and "mww 0x40020818" in said
