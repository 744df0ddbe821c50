# SPDX-License-Identifier: GPL-2.0-or-later

"""One OpenOCD session on a fresh simulated board, and what it cost there.

All figures are of the board: its virtual time, the cycles of its core, the
requests to its probe. Nothing here looks at a clock of this machine, and with
--idle-scale 0 a session gives the same figures wherever it runs. What one
command costs is the difference of a session with it and one without.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "testing/system"))
from firmware import firmware  # noqa: E402, what the tests of compression take
BUILD = pathlib.Path(os.environ.get("CMSPI_BUILD", TOP / "build"))
WORK = BUILD / "bench"
DATA = TOP / "testing/simboard/data"

BASE = 0x90000000
CHIP_BYTES = 8 << 20
CHIP = "W25Q64JV-Q"
PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"
BANK = "cmspi_bank ext 0x90000000 {target}.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6"

# No session takes this long in real time unless something hangs.
TIMEOUT_S = 600


class BenchError(Exception):
    """A session that did not do what it was asked for."""


def noise(count):
    """Random bytes, always the same ones."""
    return random.Random(20).randbytes(count)


# What is written or compared with, by name: so many bytes of it.
IMAGES = {
    "noise": noise,
    "firmware": lambda count: firmware(count, 20),
}

# What the chip holds when the session starts, by name.
CONTENTS = {
    "erased": lambda: b"\xff" * CHIP_BYTES,
    "zeros": lambda: bytes(CHIP_BYTES),
    "data": lambda: noise(CHIP_BYTES),
}


@dataclasses.dataclass(frozen=True)
class Session:
    """What to run on which board. In commands, {data} is a file with data_bytes
    of the data of that name, {out} one to write to."""
    commands: tuple = ()
    mcu: str = "stm32f407"
    target: str = "stm32f4x"
    probe: str = "stlink-v2"
    swd_khz: int = 4000
    mhz: float = 64
    core_khz: int = 0  # what the driver is told; 0: the truth
    chip: str = CHIP
    pins: str = PINS
    contents: str = "erased"
    data_bytes: int = 0
    data: str = "noise"
    work_area_bytes: int = 0  # 0: the target file's
    bank: str = BANK
    bank_options: str = ""
    probed: bool = True
    # quicker, with the same figures
    skip_waits: bool = True
    # to compare afterwards: "chip" holds the data, or the "out" file does
    expect: str = ""


@dataclasses.dataclass(frozen=True)
class Cost:
    """Figures of a session, or the difference of two."""
    virtual_ns: int
    requests: int
    swd_words: int
    cycles: int
    status_reads: int = 0
    said: str = dataclasses.field(default="", compare=False)

    def __sub__(self, other):
        return Cost(self.virtual_ns - other.virtual_ns, self.requests - other.requests,
                    self.swd_words - other.swd_words, self.cycles - other.cycles,
                    self.status_reads - other.status_reads)


def file_of(name, make):
    """A file of the bench's folder, made when it is not there."""
    path = WORK / name
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=WORK, delete=False) as partial:
            partial.write(make())
        os.replace(partial.name, path)
    return path


def data_file(session):
    return file_of("%s-%d.bin" % (session.data.replace(" ", "-"), session.data_bytes),
                   lambda: IMAGES[session.data](session.data_bytes))


def contents_file(name):
    return file_of("chip-%s.bin" % name.replace(" ", "-"), CONTENTS[name])


def board_args(session, folder):
    return [BUILD / "bin/simboard", "--mcu", session.mcu, "--port", "0", "--once",
            "--idle-scale", "0", "--report", folder / "report.json", "--chip", session.chip,
            "--pins", session.pins, "--image", folder / "chip.bin", "--probe", session.probe,
            "--mhz", "%g" % session.mhz] + ["--skip-waits"] * session.skip_waits


def openocd_args(session, folder, port):
    core_khz = session.core_khz or int(session.mhz * 1000)
    bank = session.bank.format(target=session.target) + \
        " -core-khz %d %s" % (core_khz, session.bank_options)
    start = "init; reset init; adapter speed %d" % session.swd_khz
    files = {"data": data_file(session) if session.data_bytes else "",
             "out": folder / "out.bin"}
    commands = ["gdb_port disabled; telnet_port disabled; tcl_port disabled",
                "source [find interface/stlink-dap.cfg]; st-link backend tcp %s" % port,
                "transport select dapdirect_swd"]
    if session.work_area_bytes:
        commands.append("set WORKAREASIZE %d" % session.work_area_bytes)
    commands += ["source [find target/%s.cfg]" % session.target,
                 "source [find cmspi.tcl]; " + bank,
                 start + ("; flash probe ext" if session.probed else "")]
    commands += [command.format(**files) for command in session.commands] + ["shutdown"]
    args = [BUILD / "bin/openocd"]
    for command in commands:
        args += ["-c", command]
    return args


def check(session, folder, code, said, report):
    """Figures count only when the work was done, and done by the rules."""
    def fail(why):
        raise BenchError("%s: %s\n%s" % (session, why, said[-3000:]))
    if code:
        fail("exit code %d of openocd" % code)
    if report["sins"]:
        fail("sins %s" % report["sin_log"][:3])
    if not session.expect:
        return
    file = folder / {"chip": "chip.bin", "out": "out.bin"}[session.expect]
    expected = data_file(session).read_bytes()
    if file.read_bytes()[:len(expected)] != expected:
        fail("%s does not hold the data" % session.expect)


def run_in(session, folder):
    shutil.copyfile(contents_file(session.contents), folder / "chip.bin")
    with open(folder / "board.err", "w") as err:
        board = subprocess.Popen(board_args(session, folder), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=err, text=True)
    try:
        words = board.stdout.readline().split()
        if words[:1] != ["port"]:
            raise BenchError("%s: no board: %s" % (session, (folder / "board.err").read_text()))
        done = subprocess.run(openocd_args(session, folder, words[1]), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace", timeout=TIMEOUT_S)
        board.wait(TIMEOUT_S)
    finally:
        if board.poll() is None:
            board.kill()
        board.stdout.close()
    report = json.loads((folder / "report.json").read_text())
    check(session, folder, done.returncode, done.stdout, report)
    status_reads = report["chips"][0]["commands"].get("05", {"count": 0})["count"]
    return Cost(report["virtual_ns"], report["probe"]["requests"], report["probe"]["swd_words"],
                report["core"]["cycles"], status_reads, done.stdout)


def run(session):
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK, prefix="run-") as folder:
        return run_in(session, pathlib.Path(folder))


class Lab:
    """Runs sessions, each once, on all cores; the figures do not mind."""

    def __init__(self, jobs=None):
        self._pool = concurrent.futures.ThreadPoolExecutor(jobs or os.cpu_count() or 2)
        self._runs = {}

    def start(self, *sessions):
        for session in sessions:
            if session not in self._runs:
                self._runs[session] = self._pool.submit(run, session)

    def cost(self, session):
        self.start(session)
        return self._runs[session].result()

    def repeat(self, session):
        """A second run of the same session."""
        return self._pool.submit(run, session).result()

    def stop(self):
        self._pool.shutdown(cancel_futures=True)
