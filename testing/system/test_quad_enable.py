# SPDX-License-Identifier: GPL-2.0-or-later

"""-quad: quad enable is set for an operation, in the volatile status register, and left
as found."""

import json

import pytest

from flashlib import file_of, noise
from test_four_lines import ANYWHERE, quad_off, run_four

CHIP_BYTES = 8 << 20


def quad_clear(folder):
    """A chip whose quad enable is 0 and can be set."""
    path = quad_off(folder)
    row = json.loads(open(path).read())
    row["registers"][1]["writable"] = "0x43"
    open(path, "w").write(json.dumps(row))
    return path


def count_of(run, opcode):
    return run.report["chips"][0]["commands"].get(opcode, {"count": 0})["count"]


def assert_left_as_found(run, **registers):
    """Nothing was written for good, and the volatile copy is what it was."""
    state = run.report["chips"][0]["state"]
    for name, value in registers.items():
        assert state["registers"][name] == value, state
    for name, value in state["stored"].items():
        assert value == registers.get(name, value), state
    assert not state["qpi"] and not state["addr4"] and not state["wel"]
    # each status register write came behind 50h
    log = [row["opcode"] for row in run.report["chips"][0]["log"]]
    for i, opcode in enumerate(log):
        if opcode in ("01", "31", "3E", "11"):
            assert log[i - 1] == "50", log[max(0, i - 5):i + 2]


@pytest.mark.parametrize("part, options", [("set in the chip", ""), ("clear", "-quad")])
def test_a_chip_of_the_users_word(board, tmp_path, part, options):
    """32h and 6Bh are told; what quad enable is SFDP tells, if -quad asks for it."""
    contents = noise(4096, 3) + b"\xff" * (CHIP_BYTES - 4096)
    image = file_of(tmp_path / "image.bin", noise(20000, 5))
    run = run_four(board, tmp_path, ANYWHERE,
                   "cmspi set ext mine 0x800000 256 0x03 0x6B 0x32 0xC7 0x1000 0x20",
                   "flash write_bank ext %s 4096" % image, "flash verify_bank ext %s 4096" % image,
                   contents=contents, options=options,
                   part=quad_clear(tmp_path) if options else "W25Q64JV-Q").ok()
    assert (tmp_path / "chip.bin").read_bytes()[:24096] == contents[:4096] + noise(20000, 5)
    # the first page tells that it works, where nothing did before
    assert count_of(run, "32") > 70 and count_of(run, "02") <= 1 and count_of(run, "6B") > 1
    if options:
        assert_left_as_found(run, SR2=0)


@pytest.mark.parametrize("transport, by_gpio", [("dapdirect_swd", False), ("hla_swd", False),
                                                ("dapdirect_swd", True)])
def test_read_and_program(board, tmp_path, transport, by_gpio):
    """Protection bits in the registers beside it are kept, too."""
    contents = noise(4096, 3) + b"\xff" * (CHIP_BYTES - 4096)
    image = file_of(tmp_path / "image.bin", noise(20000, 5))
    back = tmp_path / "back"
    part = quad_clear(tmp_path)
    row = json.loads(open(part).read())
    # BP0 with SEC and TB: the first 4 KiB
    row["registers"][0]["power_up"] = "0x64"
    open(part, "w").write(json.dumps(row))
    area = ["stm32f4x.cpu configure -work-area-size 256"] if by_gpio else []
    size = 2051 if by_gpio else 4096
    run = run_four(board, tmp_path, ANYWHERE, *area,
                   "flash read_bank ext %s 0 %d" % (back, size), "flash info ext",
                   "flash write_bank ext %s 4096" % image, part=part, contents=contents,
                   transport=transport, options="-quad").ok()
    assert back.read_bytes() == contents[:size]
    assert "reads: 6Bh, 1-1-4\n" in run.out, run.out
    chip = (tmp_path / "chip.bin").read_bytes()
    assert chip == contents[:4096] + noise(20000, 5) + contents[24096:]
    assert count_of(run, "6B") > 0
    assert by_gpio or count_of(run, "32") == 79
    assert_left_as_found(run, SR1=0x64, SR2=0)
    assert run.report["gpio"]["unlike_mark"] == []


@pytest.mark.parametrize("fault", ["protected_range:addr=0x4000,size=0x1000", "ignore_opcode:op=0x32"])
def test_error_path(board, tmp_path, fault):
    contents = noise(4096, 3) + b"\xff" * (CHIP_BYTES - 4096)
    image = file_of(tmp_path / "image.bin", noise(20000, 5))
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                   "flash write_bank ext %s 4096" % image, part=quad_clear(tmp_path),
                   contents=contents, options="-quad", faults=(fault,))
    assert run.code != 0
    assert count_of(run, "32") > 0
    assert_left_as_found(run, SR1=0, SR2=0)
    assert run.report["gpio"]["unlike_mark"] == []


def test_quad_enable_that_is_set_stays_set(board, tmp_path):
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 4096" % back,
                   options="-quad").ok()
    assert count_of(run, "6B") and not count_of(run, "50") and not count_of(run, "01")
    assert_left_as_found(run, SR2=2)


def test_chip_that_has_it_for_good_only(board, tmp_path):
    """Macronix keeps quad enable in status register 1, without a volatile copy."""
    contents = noise(4096, 3) + b"\xff" * ((16 << 20) - 4096)
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, *2 * ["flash read_bank ext %s 0 4096" % back],
                   "flash info ext", part="MX25L12845G", contents=contents, options="-quad").ok()
    assert back.read_bytes() == contents[:4096]
    assert run.out.count("this chip can only have it set for good") == 1, run.out
    assert "reads: 3Bh, 1-1-2\n" in run.out
    assert not count_of(run, "50") and not count_of(run, "01")


def test_quad_enable_that_cannot_be_set(board, tmp_path):
    """The register does not take it: four lines are not tried."""
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                   part=quad_off(tmp_path), options="-quad").ok()
    assert "quad enable cannot be set" in run.out
    assert not count_of(run, "6B")
    assert_left_as_found(run, SR1=0, SR2=0)


def test_without_the_option_it_tells_of_it(board, tmp_path):
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 4096" % (tmp_path / "back"),
                   part=quad_off(tmp_path)).ok()
    assert "with -quad it is set for each operation and cleared again" in run.out
    assert not count_of(run, "50")
