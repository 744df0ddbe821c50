# SPDX-License-Identifier: GPL-2.0-or-later

"""What README shows works as shown: every block of it is taken out of the text and
run, or used, as it stands. A block that no test here stands for is a failure."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import OPENOCD, ROOT
from flashlib import BASE, CHIP_BYTES, INTERNAL, Chip, elf, file_of, noise

README = (ROOT / "README.md").read_text()
SCRIPTS = os.environ.get("OPENOCD_SCRIPTS",
                         str(pathlib.Path(OPENOCD).parents[1] / "share/openocd/scripts"))
CROSS = os.environ.get("CROSS", "arm-none-eabi-")

# Five minutes at 200 words a minute
MOST_WORDS = 1000

# first words of a block -> the test that runs it
COVERED = {}


def runs(first_words):
    """Marks the test that stands for the block that starts with these words."""
    def mark(test):
        COVERED[first_words] = test
        return test
    return mark


def blocks(text):
    """The indented blocks of a markdown text, without the indent."""
    found = re.findall(r"(?<=\n\n)((?:    .*\n|\n(?=    ))+)", text)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


def block(first_words):
    return next(found for found in blocks(README) if found.startswith(first_words))


def shell(command, folder, **environment):
    """Run a block verbatim with our programs first in the path; what it said."""
    env = dict(os.environ, PATH="%s:%s" % (pathlib.Path(OPENOCD).parent, os.environ["PATH"]))
    env.update(environment)
    done = subprocess.run(["sh", "-ec", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said
    return said


def lend_probe(folder, name, choose):
    """interface/NAME of this folder is the stock file, with the board's probe instead
    of one on USB. OpenOCD looks for files in the current folder first."""
    (folder / "interface").mkdir(exist_ok=True)
    stock = pathlib.Path(SCRIPTS) / "interface" / name
    if not stock.exists():
        pytest.skip("this OpenOCD has no interface/" + name)
    (folder / "interface" / name).write_text(
        "source %s\n%s\ngdb_port disabled; telnet_port disabled; tcl_port disabled\n"
        % (stock, choose))


@pytest.fixture
def place(board, tmp_path):
    """A folder with the files that README's commands name, and a board beside it."""
    class Place:
        folder = tmp_path
        data = noise(3000, 71)
        chip = Chip(tmp_path / "contents.bin", noise(CHIP_BYTES, 2))

        # a real mass erase takes 20 s
        def start(self, pins, interface, choose):
            self.app = elf(tmp_path / "app.elf", (INTERNAL, noise(1000, 72)), (BASE, self.data))
            (tmp_path / "assets.bin").write_bytes(self.data)
            (tmp_path / "my-board.cfg").write_text(block("source [find interface/"))
            self.board = board(chips=(("W25Q64JV-Q:tCE=200000", pins),), images=(self.chip.path,),
                               once=False, idle_scale=0)
            lend_probe(tmp_path, interface, choose % self.board.port)
            return self

        def holds_the_data(self):
            assert not self.board.stop()["sins"]
            assert self.chip.contents()[:len(self.data)] == self.data

    return Place()


@pytest.fixture
def own_board(place):
    assert len(block("source [find interface/").splitlines()) <= 4
    return place.start("cs=PB0,clk=PB3,mosi=PB5,miso=PB4", "stlink-dap.cfg",
                       "st-link backend tcp %d")


@runs("openocd -f interface/stlink.cfg")
def test_one_line_without_any_file(place):
    place.start("cs=PA4,clk=PA5,mosi=PA7,miso=PA6", "stlink.cfg", "hla_stlink_backend tcp %d")
    assert "Verified OK" in shell(block("openocd -f interface/stlink.cfg"), place.folder)
    place.holds_the_data()


@runs("openocd -f my-board.cfg")
@runs("source [find interface/")
def test_the_board_file_and_what_programs_with_it(own_board):
    lines = block("openocd -f my-board.cfg").splitlines()
    assert len(lines) == 2
    for line in lines:
        assert "Verified OK" in shell(line, own_board.folder)
    own_board.holds_the_data()


@runs("flash probe ext")
def test_the_commands_for_telnet(own_board):
    commands = block("flash probe ext").splitlines()
    before = "openocd -f my-board.cfg -c 'program app.elf verify' "
    said = shell(before + " ".join("-c '%s'" % command for command in commands) + " -c shutdown",
                 own_board.folder)
    assert "ef 40 17" in said and "mass erase done" in said
    first = int.from_bytes(own_board.data[:4], "little")
    assert "0x90000000: %08x" % first in said
    assert (own_board.folder / "chip.bin").read_bytes()[:3000] == own_board.data
    assert not own_board.board.stop()["sins"]
    assert set(own_board.chip.contents()) == {0xff}


def test_the_command_lines_for_who_had_an_external_loader(own_board):
    rows = re.findall(r"^\| `-.*` \| `(-.*)` \|$", (ROOT / "doc/external-loaders.md").read_text(),
                      re.MULTILINE)
    assert len(rows) == 5 and rows[0].startswith("-f my-board.cfg ")
    for row in rows:
        shell("openocd -f my-board.cfg " + row.replace("-f my-board.cfg ", ""), own_board.folder)
    assert not own_board.board.stop()["sins"]
    # the last row but one erased the chip, the last one read it
    assert set((own_board.folder / "chip.bin").read_bytes()) == {0xff}


@runs("MEMORY {")
def test_the_linker_script_puts_data_into_the_chip(tmp_path):
    if not shutil.which(CROSS + "gcc"):
        pytest.skip("no " + CROSS + "gcc")
    (tmp_path / "chip.ld").write_text(block("MEMORY {"))
    (tmp_path / "logo.c").write_text(
        'const char logo[] __attribute__((section(".extflash"), used)) = "logo";\n')
    said = shell("%sgcc -mcpu=cortex-m4 -nostdlib -Wl,-T,chip.ld,-e,0 logo.c -o app.elf && "
                 "%sobjdump -h app.elf" % (CROSS, CROSS), tmp_path)
    assert re.search(r"\.extflash +00000005 +90000000", said), said


@runs("./demo")
def test_the_demo(tmp_path):
    # it installs what is missing, which is not a test's to do
    for name in ("apt-get", "sudo"):
        file_of(tmp_path / name, b"#!/bin/sh\nexit 1\n").chmod(0o755)
    path = "%s:%s" % (tmp_path, os.environ["PATH"])
    if subprocess.run([ROOT / "scripts/setup", "build", "demo"], env=dict(os.environ, PATH=path),
                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode:
        pytest.skip("packages are missing: scripts/setup tells which")
    assert shell(block("./demo"), ROOT, PATH=path).endswith("\ndemo: PASS\n")


@runs("./check --help")
def test_the_programs_tell_what_they_take():
    said = shell(block("./check --help"), ROOT)
    assert "usage: ./check" in said and "stm32f407" in said and "W25Q64JV-Q" in said


@runs("./bootstrap")
def test_build_and_install(tmp_path):
    """In a copy of the tree that was built before, so that only what depends on the
    folder is made again; DESTDIR keeps make install away from /usr/local."""
    built = pathlib.Path(OPENOCD).parents[1]
    copy = tmp_path / "cmspi"
    shutil.copytree(ROOT, copy, symlinks=True,
                    ignore=shutil.ignore_patterns(".git", "build", "__pycache__", "configure"))
    for part in ("openocd", "bin", "share", "testing"):
        if (built / part).exists():
            shutil.copytree(built / part, copy / "build" / part, symlinks=True)
    settings = copy / "build/openocd/.cmspi-configured"
    if not settings.exists():
        pytest.skip("no OpenOCD was built here")
    settings.write_text(settings.read_text().replace(str(built), str(copy / "build"), 1))
    shell(block("./bootstrap"), copy, DESTDIR=str(tmp_path / "root"))
    installed = tmp_path / "root/usr/local"
    assert "Open On-Chip Debugger" in shell("%s/bin/openocd --version" % installed, tmp_path)
    assert "stm32f407" in shell("%s/bin/simboard --list" % installed, tmp_path)
    assert "stm32f4" in shell("%s/bin/gpio_conf --list" % installed, tmp_path)


def test_every_block_is_run():
    shown = blocks(README)
    assert len(shown) >= 8
    alone = [text for text in shown if not any(text.startswith(words) for words in COVERED)]
    assert not alone, "README shows this, and no test here runs it:\n" + "\n".join(alone)
    gone = [words for words in COVERED if not any(text.startswith(words) for text in shown)]
    assert not gone, "README has no block any more that starts with: %s" % gone


def test_every_word_of_a_program_is_one_that_tests_use():
    """What stands in `quotes` is a file that is there, or occurs in a test as it stands."""
    text = re.sub(r"(?:(?<=\n)    .*\n)+", "", README)
    tests = "".join(path.read_text() for path in (ROOT / "testing").rglob("*")
                    if path.suffix in (".py", ".sh", ".tcl")) + "".join(blocks(README))
    for words in re.findall(r"`([^`\n]+)`", text):
        assert (ROOT / words).exists() or words in tests, "nothing tries `%s`" % words


def test_it_reads_in_five_minutes():
    assert len(README.split()) <= MOST_WORDS
