# SPDX-License-Identifier: GPL-2.0-or-later

"""Progress, summaries and counters: that they are there and right in what does
not depend on the clock of the host. The words and sums are tested in
testing/unit/test_progress.c."""

import json
import os
import pty
import re
import subprocess

import pytest

from conftest import OPENOCD, TARGET_CFG
from flashlib import BANK, Chip, Run, SMALL_BYTES, file_of, noise, session, small_chip

PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"


@pytest.fixture
def small(tmp_path):
    """Options of a board with a chip of 256 KiB full of noise."""
    row = small_chip(tmp_path)
    data = json.loads(row.read_text())
    data["time_us"]["tCE"] = 1500000
    row.write_text(json.dumps(data))
    return {"chips": ((str(row), PINS),), "idle_scale": 0,
            "chip": Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 1))}


def run(board, small, *commands):
    small = dict(small)
    return Run(board, small.pop("chip"), session("flash probe ext", *commands), **small)


@pytest.mark.parametrize("command, word", [
    ("flash erase_sector ext 0 last", "erase"),
    ("flash erase_sector ext 0 last", "blank check"),
    ("flash write_bank ext {data} 0", "program"),
    ("flash read_bank ext {out}", "read"),
    ("dump_image {out} 0x90000000 32768", "read"),
    ("flash verify_bank ext {data} 0", "read"),
    ("verify_image_checksum {data} 0x90000000 bin", "checksum"),
    ("flash erase_check ext", "blank check"),
    ("cmspi mass_erase ext", "mass erase"),
])
def test_each_long_operation_reports(board, small, tmp_path, command, word):
    data = file_of(tmp_path / "data.bin", bytes(small["chip"].expected[:65536]))
    out = run(board, small, "cmspi progress on 0",
              command.format(data=data, out=tmp_path / "out")).ok().out
    unit = "of usually" if word == "mass erase" else r"(?:of [\d.]+ KiB \(\d+ %\)|so far)"
    lines = re.findall(r"^ext: %s, .* ?%s" % (word, unit), out, re.MULTILINE)
    assert lines, out
    assert "\r" not in out


def test_the_share_only_rises_and_reaches_the_end(board, small):
    out = run(board, small, "cmspi progress on 0", "flash read_bank ext /dev/null").ok().out
    shares = [int(n) for n in re.findall(r"^ext: read, .*\((\d+) %\)", out, re.MULTILINE)]
    assert shares == sorted(shares) and shares[-1] > 90 and len(shares) > 3, shares


def test_erase_counts_what_is_done_and_not_what_is_sent(board, small):
    """All erase steps travel at once; 8 blocks of 32 KiB take their time."""
    out = run(board, small, "cmspi progress on 0", "flash erase_sector ext 0 last").ok().out
    shares = [int(n) for n in re.findall(r"^ext: erase, .*\((\d+) %\)", out, re.MULTILINE)]
    assert shares == sorted(shares) and shares[0] < 60, shares


def test_by_register_writes_it_reports_as_well(board, small):
    out = run(board, small, "cmspi progress on 0",
              "stm32f4x.cpu configure -work-area-size 0", "flash erase_sector ext 0 1",
              "flash read_bank ext /dev/null 0 2048").ok().out
    assert re.search(r"^ext: read, .* of 2.0 KiB", out, re.MULTILINE), out
    assert re.search(r"^ext: blank check, .* of 8.0 KiB", out, re.MULTILINE), out


def test_short_operations_say_nothing_on_the_way(board, small):
    out = run(board, small, "flash read_bank ext /dev/null 0 4096").ok().out
    assert "ext: read" not in out


def test_off_is_silent_and_results_stay(board, small, tmp_path):
    data = file_of(tmp_path / "data.bin", noise(8192, 2))
    out = run(board, small, "cmspi progress on 0", "cmspi progress off",
              "flash write_image erase %s 0x90000000 bin" % data,
              "echo STATE=[cmspi progress]").ok().out
    assert "ext: erase" not in out and "programmed" not in out
    assert "wrote 8192 bytes" in out and "STATE=off" in out


def test_a_result_that_a_script_takes_is_not_disturbed(board, small):
    out = run(board, small, "cmspi progress on 0",
              "echo WORDS=[read_memory 0x90000000 8 2]END").ok().out
    first = small["chip"].expected
    assert "WORDS=0x%x 0x%xEND" % (first[0], first[1]) in out


def test_summary_tells_what_was_done_and_skipped(board, small, tmp_path):
    small["chip"].erase(0, 4096)
    small["chip"].path.write_bytes(small["chip"].expected)
    data = file_of(tmp_path / "data.bin", noise(4096, 2) + b"\xff" * 1024 + noise(3072, 3))
    out = run(board, small, "flash write_image erase %s 0x90000000 bin" % data).ok().out
    assert re.search(r"^Info : ext: erased 4.0 KiB, skipped 4.0 KiB that was blank, \d+\.\d s",
                     out, re.MULTILINE), out
    assert re.search(r"^Info : ext: .*; programmed 7.0 KiB, skipped 1.0 KiB of FFh, \d+\.\d s.* sent",
                     out, re.MULTILINE), out


def test_stats_count_since_start_and_since_last(board, small, tmp_path):
    data = file_of(tmp_path / "data.bin", noise(512, 2) + b"\xff" * 256)
    out = run(board, small, "flash erase_sector ext 0 1", "echo ONE", "cmspi stats ext",
              "flash write_bank ext %s 0" % data, "echo TWO", "cmspi stats ext").ok().out
    rows = [dict((r[0], r[1:]) for r in (line.split() for line in part.splitlines())
                 if len(r) == 3) for part in re.split("ONE|TWO", out)[1:]]
    assert rows[0]["erased_bytes"] == ["8192", "8192"]
    assert rows[1]["erased_bytes"] == ["8192", "0"]
    assert rows[1]["programmed_bytes"] == ["512", "512"]
    assert rows[1]["empty_bytes"] == ["256", "256"]
    runs = [int(n) for n in rows[1]["runs"]]
    assert runs[0] > runs[1] == 1
    sent = [int(n) for n in rows[1]["sent_bytes"]]
    assert sent[0] > sent[1] > 512


@pytest.mark.parametrize("command", [
    "cmspi progress maybe", "cmspi progress on x", "cmspi progress on 1 2", "cmspi stats",
    "cmspi stats nobody",
])
def test_wrong_arguments_are_refused(board, small, command):
    run(board, small, command).failed()


def test_a_terminal_gets_one_line_that_moves(board, small):
    options = {key: value for key, value in small.items() if key != "chip"}
    one = board(images=(small["chip"].path,), **options)
    args = [OPENOCD] + one.adapter_args() + ["-f", TARGET_CFG["stm32f407"], "-c", BANK]
    for command in session("cmspi progress on 0", "flash probe ext",
                           "stm32f4x.cpu configure -work-area-size 0",
                           "flash read_bank ext /dev/null 0 16384"):
        args += ["-c", command]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    assert process.wait(60) == 0, said
    moving = re.findall(rb"\rext: read, [^\r\n]* of 16.0 KiB[^\r\n]*", said)
    assert moving, said
    assert all(len(line) <= 80 for line in moving)
    # taken away at the end: what follows starts at the first column
    assert re.search(rb"\r +\rread 16384 bytes|\r +\rwrote|\r +\r", said), said
