# SPDX-License-Identifier: GPL-2.0-or-later

"""Fail the n-th debug access of an operation in QPI, or with quad enable set for it:
an error is reported or the result is right, the same once more ends bit-exact, and
then the chip is in plain SPI, with quad enable as it was."""

import pytest

from flashlib import Chip, noise
from test_fail_nth import APPLICATION, OPERATIONS, attempts, files, judge
from test_four_lines import ANYWHERE, bank_of

CHIP_BYTES = 16 << 20
# 38h, FFh; quad enable is 0 and has a volatile copy
PART = "AT25QL128A:tSE=4000,tPP=700"


@pytest.mark.parametrize("mode", ["quad", "qpi"])
@pytest.mark.parametrize("name", ["erase", "write", "read"])
def test_any_access_may_fail(board, tmp_path, name, mode):
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 1))
    commands = APPLICATION + (("flash probe ext", "cmspi qpi ext") if mode == "qpi" else ())
    out, report, facts = attempts(
        board, tmp_path, chip, OPERATIONS[name], files(tmp_path, chip), application=commands,
        bank=bank_of(ANYWHERE, options="-quad"), chips=((PART, ANYWHERE),), work_area_bytes=8192)
    judge(out, facts)
    # the opcode that leaves QPI is sent on four lines to a chip that may be in plain SPI
    assert set(report["sins"]) <= {"byte_boundary"}, report["sin_log"]
    state = report["chips"][0]["state"]
    assert not state["qpi"] and state["registers"] == state["stored"], state
