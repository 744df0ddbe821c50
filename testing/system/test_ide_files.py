# SPDX-License-Identifier: GPL-2.0-or-later

"""The files in contrib/ide, and the command lines that the IDEs make of them, against
the simulated board. What an IDE adds by itself is taken from its source, as cited."""

import os
import shutil
import subprocess

import pytest

from conftest import OPENOCD, QUIET_PORTS, ROOT
from flashlib import CHIP_BYTES, Chip, noise

GREETING = b"hello from the chip\0"

# OpenOCD's part of the simulated board: its port, and no server ports
SIMULATED = "set CMSPI_SIM_PORT %d"


@pytest.fixture
def chip(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=91))


def run(args, cwd=None, **environment):
    """(exit code, everything it said)"""
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout.decode(errors="replace")


def expect_greeting(chip):
    chip.erase(0, 4096)
    chip.write(0, GREETING)
    chip.assert_as_expected()


# ---- CMake ---------------------------------------------------------------------

@pytest.fixture
def cmake(tmp_path):
    """cmake(port) -> folder in which the example is configured for the board"""
    if not shutil.which("cmake"):
        pytest.skip("no cmake")

    def configure(port):
        folder = tmp_path / "build with a blank"
        options = [SIMULATED % port, *QUIET_PORTS[1:]]
        code, out = run(["cmake", "-S", ROOT / "examples/cmake", "-B", folder, "-G",
                         "Unix Makefiles", "--toolchain", "arm-none-eabi.cmake",
                         "-DCMSPI_OPENOCD=" + OPENOCD,
                         # a semicolon is what separates a list's elements
                         "-DCMSPI_OPENOCD_OPTIONS=" + ";".join(
                             word for option in options
                             for part in option.split("; ") for word in ("-c", part))])
        assert code == 0, out
        return folder

    return configure


def test_cmake_builds_and_flashes(board, cmake, chip):
    one = board(images=(chip.path,))
    code, out = run(["cmake", "--build", cmake(one.port), "--target", "flash"])
    assert code == 0 and "** Verified OK **" in out, out
    assert not one.stop()["sins"]
    expect_greeting(chip)


def test_cmake_fails_without_a_chip(board, cmake):
    one = board(chips=())
    code, out = run(["cmake", "--build", cmake(one.port), "--target", "flash"])
    assert code != 0 and "no chip" in out, out
