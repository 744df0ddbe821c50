# SPDX-License-Identifier: GPL-2.0-or-later

"""The traces of the board judged by sigrok's decoders, which nobody here wrote:
opcode, address, length and order of what they see on the wires are those that
the chip model says it saw."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import PINS
from flashlib import BASE, Chip, Run, file_of, noise

SIGROK = shutil.which("sigrok-cli")
DATA = pathlib.Path(__file__).resolve().parents[1] / "simboard/data/chip"
DECODER = "spi:clk=u1_clk:mosi=u1_mosi:miso=u1_miso:cs=u1_cs"

pytestmark = pytest.mark.skipif(not SIGROK, reason="sigrok-cli is not installed")

# The host toggles the pins itself, with register writes over SWD, so that this
# needs no driver.
BIT_BANG = r"""
proc bsrr {value} { mww 0x40020018 $value }
proc pins {} {
    mww 0x40023830 1
    bsrr 0x10
    mww 0x40020000 [expr {0xa8000000 | 1 << 8 | 1 << 10 | 1 << 14}]
}
proc transfer {bytes count} {
    bsrr 0x00100000
    foreach byte $bytes {
        for {set i 7} {$i >= 0} {incr i -1} {
            bsrr [expr {$byte >> $i & 1 ? 0x00200080 : 0x00a00000}]
            bsrr 0x20
        }
    }
    bsrr 0x00200000
    for {set i 0} {$i < 8 * $count} {incr i} { bsrr 0x20; bsrr 0x00200000 }
    bsrr 0x10
}
"""


def squeeze(source, target):
    """The same edges in the same order, 10 ns apart: sigrok reads every sample
    of the time between them, and that is seconds."""
    time = 0
    with open(source) as lines, open(target, "w") as out:
        for line in lines:
            if line.startswith("#"):
                time += 10
                line = "#%d\n" % time
            out.write(line)


def decode(trace, *arguments):
    done = subprocess.run([SIGROK, "-I", "vcd", "-i", str(trace)] + list(arguments),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)
    out = done.stdout.decode()
    assert done.returncode == 0, out
    return out.splitlines()


def transfers(trace):
    """The bytes on MOSI from each CS falling to CS rising."""
    lines = decode(trace, "-P", DECODER, "-A", "spi=mosi-transfer")
    found = [bytes.fromhex(line.split(":", 1)[1]) for line in lines if line.startswith("spi-")]
    return [one for one in found if one]


def command_rows():
    rows = json.loads((DATA / "W25Q64JV-Q.json").read_text())["commands"]
    return {row["opcode"]: row for row in rows}


def shape(entry, rows):
    """Of an entry of the chip's log: opcode, address, whole bytes on the clock."""
    row = rows[entry["opcode"]]
    lines = [int(n) for n in row.get("lines", "1-1-1").split("-")]
    clocks = 8
    if "address" in entry:
        clocks += 24 // lines[1] + row.get("dummy_clocks", 0)
    elif entry["out"] and "dummy_clocks" in row:
        clocks += row["dummy_clocks"]
    clocks += 8 * (entry["in"] + entry["out"]) // lines[2]
    address = entry.get("address") if lines[1] == 1 else None
    return int(entry["opcode"], 16), address, clocks // 8


def seen_shape(data, model):
    address = int.from_bytes(data[1:4], "big") if model[1] is not None else None
    return data[0], address, len(data)


def compare(trace, log):
    rows = command_rows()
    wanted = []
    for entry in log:
        wanted += [shape(entry, rows)] * entry.get("times", 1)
    seen = transfers(trace)
    assert [data[0] for data in seen] == [one[0] for one in wanted]
    for data, one in zip(seen, wanted):
        assert seen_shape(data, one) == one, data.hex()
    return seen


def flash_commands(trace):
    """What the spiflash decoder makes of it: (opcode, address, bytes)."""
    lines = decode(trace, "-P", DECODER + ",spiflash:chip=winbond_w25q80dv", "-A", "spiflash")
    kinds = {"Read data": "03", "Fast read data": "0B", "Page program": "02"}
    found = []
    for line in lines:
        match = re.search(r"(Read data|Fast read data|Page program) \(addr 0x([0-9a-f]+), (\d+) bytes\)",
                          line)
        if match:
            found.append((kinds[match.group(1)], int(match.group(2), 16), int(match.group(3))))
        match = re.search(r"Erase sector \d+ \(0x([0-9a-f]+)\)", line)
        if match:
            found.append(("20", int(match.group(1), 16), 0))
    return found


def log_commands(log):
    return [(entry["opcode"], entry["address"], entry["in"] + entry["out"]) for entry in log
            if entry["opcode"] in ("03", "0B", "02", "20")]


def test_sigrok_sees_what_a_bit_banging_host_sent(board, stock_openocd, tmp_path):
    trace = tmp_path / "pins.vcd"
    script = tmp_path / "bang.tcl"
    script.write_text(BIT_BANG)
    one = board(extra=("--vcd", trace), idle_scale=0)
    sent = [([0x9f], 3), ([0x06], 0), ([0x20, 0x00, 0x10, 0x00], 0), ([0x05], 2), ([0x06], 0),
            ([0x02, 0x00, 0x10, 0x20, 0xde, 0xad], 0), ([0x03, 0x00, 0x10, 0x1f], 4)]
    calls = "; ".join("transfer {%s} %d; sleep 60" % (" ".join("%d" % b for b in data), count)
                      for data, count in sent)
    code, out = one.run("-c", "source %s; init; halt; pins; %s; shutdown" % (script, calls),
                        openocd=stock_openocd)
    report = one.stop()
    assert code == 0, out
    squeeze(trace, tmp_path / "short.vcd")
    seen = compare(tmp_path / "short.vcd", report["chips"][0]["log"])
    assert [list(data[:len(want)]) for data, (want, _) in zip(seen, sent)] == [s[0] for s in sent]
    assert flash_commands(tmp_path / "short.vcd") == log_commands(report["chips"][0]["log"])


def test_sigrok_sees_what_the_chip_saw_of_a_program_run(board, tmp_path):
    trace = tmp_path / "pins.vcd"
    data = noise(1500, seed=7)
    chip = Chip(tmp_path / "chip.bin")
    chip.write(0x1010, data)
    run = Run(board, chip, ("program %s %#x verify" % (file_of(tmp_path / "data.bin", data),
                                                         BASE + 0x1010), "shutdown"),
              chips=(("W25Q64JV-Q:tSE=1000,tPP=100", PINS),), extra=("--vcd", trace)).ok()
    chip.assert_as_expected()
    log = run.report["chips"][0]["log"]
    assert sum(entry["in"] for entry in log if entry["opcode"] == "02") >= len(data)
    squeeze(trace, tmp_path / "short.vcd")
    compare(tmp_path / "short.vcd", log)
    assert flash_commands(tmp_path / "short.vcd") == log_commands(log)
