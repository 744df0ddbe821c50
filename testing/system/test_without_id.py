# SPDX-License-Identifier: GPL-2.0-or-later

"""Parts older than 9Fh, known by ABh, 90h or 15h. They ignore 9Fh and all else that a
probe tries; the board calls that a sin, which cannot be helped."""

import json
import re

import pytest

from conftest import PINS, ROOT
from test_judge_flashrom import Programmer
from flashlib import BASE, Chip, Run, file_of, noise, session

BYTES = 256 << 10
IGNORED = {"unknown_opcode"}


def chip_row(folder, device_id="11", without=("9F",), more=(), **changes):
    """M25P20, first version: M25P10-A with a larger array, 64 KiB sectors, no 9Fh."""
    row = json.loads((ROOT / "testing/simboard/data/chip/M25P10-A.json").read_text())
    row.update(part="M25P20", device_id=device_id, size_bytes=BYTES, max_mhz=20, **changes)
    row["commands"] = [c for c in row["commands"] if c["opcode"] not in without] + list(more)
    for command in row["commands"]:
        command.pop("max_mhz", None)
        if command["opcode"] == "D8":
            command["size"] = 65536
    return ((str(file_of(folder / "row.json", json.dumps(row).encode())), PINS),)


SST_BYTES = 128 << 10


def sst_row(folder, more=()):
    """SST25VF010 by its data sheet, S71233-05: SST25VF016B without 9Fh, AAI and 64 KiB
    blocks, with two BP bits, all of them set after power-up, that 50h opens."""
    row = json.loads((ROOT / "testing/simboard/data/chip/SST25VF016B.json").read_text())
    row.update(part="SST25VF010", device_id="49", size_bytes=SST_BYTES, max_mhz=20,
               registers=[{"name": "SR", "power_up": "0x0c", "writable": "0x8c"}])
    row["time_us"].update(tBP=14, tCE=70000)
    row["protection"].update(bp=["SR.2", "SR.3"], unit_bytes=32768)
    row["flags"] = {"wip": "SR.0", "wel": "SR.1", "status_lock": "SR.7"}
    row["commands"] = [c for c in row["commands"]
                       if c["opcode"] not in {"9F", "AD", "0B", "D8", "C7"} - set(more)]
    for command in row["commands"]:
        command.pop("max_mhz", None)
        if command["opcode"] == "D8":
            command["size"] = 32768
        if command["opcode"] == "01":
            command.update(ewsr=True)
            del command["wel"]
    return str(file_of(folder / "sst.json", json.dumps(row).encode()))


def test_sst25_by_90h_is_unlocked_programmed_and_locked(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SST_BYTES, seed=3))
    data = noise(500, seed=4) + b"\xff" * 40 + noise(461, seed=5)
    path = file_of(tmp_path / "data", data)
    run = Run(board, chip, session(
        "flash probe ext",
        "if {![catch {flash write_image erase %s %#x bin}]} {error unprotected}" % (
            path, BASE + 0x9001),
        "cmspi unlock ext", "flash write_image erase %s %#x bin" % (path, BASE + 0x9001),
        "verify_image %s %#x bin" % (path, BASE + 0x9001), "flash protect ext 2 2 on",
        "flash info ext"), chips=((sst_row(tmp_path), PINS),), idle_scale=0)
    assert run.code == 0, run.out
    assert "ext: SST25VF010, 128 KiB, 32 sectors of 4 KiB" in run.out
    assert "0x90000000 to 0x9001ffff is protected (05h reads 0x0c): nothing was changed" in run.out
    assert set(run.report["sins"]) <= IGNORED, run.report["sin_log"]
    chip.erase(0x9000, 0x1000)
    chip.write(0x9001, data)
    chip.assert_as_expected()
    state = run.report["chips"][0]["state"]
    assert state["registers"]["SR"] == 0x04 and state["protected"] == [0x18000, 0x8000]


def test_flashrom_judges_the_model_of_sst25(board, tmp_path):
    image = file_of(tmp_path / "chip.img", noise(SST_BYTES, seed=6))
    new = file_of(tmp_path / "new.bin", image.read_bytes()[:0x10000] + noise(0x400, seed=7) +
                  image.read_bytes()[0x10400:])
    programmer = Programmer(board, sst_row(tmp_path, ("D8", "C7")), "SST25VF010(A)", image)
    assert "VERIFIED" in programmer.check("-w", new)
    report = programmer.board.stop()
    assert image.read_bytes() == new.read_bytes()
    assert set(report["sins"]) <= IGNORED, report["sin_log"]


def write(folder):
    data = noise(3000, seed=2)
    path = file_of(folder / "data", data)
    return data, ("flash write_image erase %s %#x bin" % (path, BASE + 0x10080),
                  "verify_image %s %#x bin" % (path, BASE + 0x10080))


def test_known_by_its_signature(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(BYTES, seed=1))
    data, commands = write(tmp_path)
    run = Run(board, chip, session("flash probe ext", *commands, "flash info ext"),
              chips=chip_row(tmp_path), idle_scale=0)
    assert run.code == 0, run.out
    assert "ext: M25P20, 256 KiB, 4 sectors of 64 KiB" in run.out
    assert set(run.report["sins"]) <= IGNORED, run.report["sin_log"]
    chip.erase(0x10000, 0x10000)
    chip.write(0x10080, data)
    chip.assert_as_expected()


REMS = {"opcode": "90", "name": "READ_MAKER_AND_DEVICE", "effect": "read_maker_and_device",
        "address": "3"}


@pytest.mark.parametrize("device_id,more,said", [
    ("33", (), "ABh reads 33 33, 90h reads ff ff, 15h reads ff ff"),
    ("10", (REMS,), "ABh reads 10 10, 90h reads ef 10, 15h reads ff ff"),
], ids=["ABh", "90h"])
def test_unknown_signature_gives_a_line_that_works(board, tmp_path, device_id, more, said):
    chips = chip_row(tmp_path, device_id, more=more, jedec_id="EF")
    chip = Chip(tmp_path / "chip.bin", noise(BYTES, seed=1))
    first = Run(board, chip, session("flash probe ext"), chips=chips, idle_scale=0)
    assert first.code != 0 and said in first.out, first.out
    chip.assert_as_expected()
    line = re.search(r"'(cmspi set ext .*?)' and say that", first.out)[1]
    assert "SIZE" in line
    line = line.replace("SIZE", hex(BYTES)).replace("0x0b", "0").replace("0x1000 0x20",
                                                                         "0x10000 0xd8")
    data, commands = write(tmp_path)
    run = Run(board, chip, session(line, *commands), chips=chips, idle_scale=0)
    assert run.code == 0, run.out
    chip.erase(0x10000, 0x10000)
    chip.write(0x10080, data)
    chip.assert_as_expected()


def test_without_any_answer_it_is_no_chip(board, tmp_path):
    run = Run(board, None, session("flash probe ext"),
              chips=chip_row(tmp_path, without=("9F", "AB")), idle_scale=0)
    assert run.code != 0
    assert "no chip answers: ID reads ff ff ff" in run.out
