# SPDX-License-Identifier: GPL-2.0-or-later

"""An OpenOCD that was built without liblz4: everything works, and it says so.

Only the file that knows liblz4 is compiled for it, in the tree that the build
keeps; bin/openocd, which the other tests run, stays as it is."""

import os
import shutil
import subprocess

import pytest

from conftest import OPENOCD, ROOT
from flashlib import BANK, Chip, file_of, session

TREE = ROOT / "build/openocd"
PACK = TREE / "src/flash/nor/cmspi_stub_pack.c"
SAYS = "compression: none, this OpenOCD was built without liblz4"


def make(*options):
    PACK.touch()
    subprocess.run(["make", "-C", str(TREE), "--no-print-directory", *options, "src/openocd"],
                   check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def openocd(tmp_path_factory):
    if not (TREE / "src/openocd").exists() or OPENOCD != str(ROOT / "build/bin/openocd"):
        pytest.skip("no tree of this OpenOCD to build in")
    # its scripts are found from where it lies
    path = ROOT / "build/bin/openocd-without-lz4"
    stamp = PACK.stat()
    try:
        make("CPPFLAGS=-UHAVE_LIBLZ4")
        shutil.copy(TREE / "src/openocd", path)
        yield str(path)
    finally:
        path.unlink(missing_ok=True)
        make()
        os.utime(PACK, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def run(board, openocd, chip, *commands):
    b = board(images=(chip.path,))
    args = [word for command in (BANK,) + session(*commands) for word in ("-c", command)]
    code, out = b.run(*args, openocd=openocd)
    assert not b.stop()["sins"]
    return code, out


def test_flash_info_says_it_and_writing_works(board, openocd, tmp_path):
    chip = Chip(tmp_path / "chip.bin")
    data = b"all alike " * 2000
    chip.write(0, data)
    code, out = run(board, openocd, chip, "flash info ext", "flash write_bank ext %s 0" %
                    file_of(tmp_path / "data.bin", data), "echo now=[cmspi compress]")
    assert code == 0, out
    assert SAYS in out and "now=off" in out
    chip.assert_as_expected()


def test_compression_cannot_be_switched_on(board, openocd, tmp_path):
    code, out = run(board, openocd, Chip(tmp_path / "chip.bin"), "cmspi compress on")
    assert code and "built without liblz4" in out


def test_the_usual_one_says_nothing(board, tmp_path):
    code, out = run(board, OPENOCD, Chip(tmp_path / "chip.bin"), "flash info ext",
                    "echo now=[cmspi compress]")
    assert code == 0
    assert SAYS not in out and "now=on" in out
