# SPDX-License-Identifier: GPL-2.0-or-later

"""4 KiB of RAM, which is what many target files lend, do nearly as well as 64."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "bench"))
import board as bench  # noqa: E402, "board" is a fixture here
import memory  # noqa: E402


@pytest.fixture(scope="module")
def lab():
    lab = bench.Lab(2)
    yield lab
    lab.stop()


@pytest.mark.parametrize("probe", ["V2", "V3"])
@pytest.mark.parametrize("operation", ["program", "read"])
def test_4_kib_reach_nine_tenths_of_full_speed(lab, operation, probe):
    """In the simulated board's time, so that no machine is too slow for it."""
    small, full = (memory.area_case(operation, probe, kib) for kib in (4, 64))
    for case in (small, full):
        lab.start(*case.sessions)
    share = full.cost(lab).virtual_ns / small.cost(lab).virtual_ns
    assert share >= memory.SHARE_AT_4_KIB
