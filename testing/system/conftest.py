# SPDX-License-Identifier: GPL-2.0-or-later

"""Fixtures of the system tests: a simulated board and an OpenOCD beside it.

    def test_something(board):
        b = board()                                  # STM32F407, W25Q64JV on PA4..PA7
        code, out = b.run("-c", "init; reset halt; exit")
        report = b.stop()                            # what --report wrote, a dict
        assert code == 0 and not report["sins"]

board(...) starts one simboard on a free port of its own; every keyword has a
default, see Board.__init__. b.run() may be called once when the board was
started with once=True (it then leaves with its client), else any number of
times. b.stop() may be called twice and is called for a forgotten board.

Environment: SIMBOARD and OPENOCD name the programs (default build/bin/...),
STOCK_OPENOCD the unmodified one of the distribution (/usr/bin/openocd).
"""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from servers import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIMBOARD = os.environ.get("SIMBOARD", str(ROOT / "build/bin/simboard"))
OPENOCD = os.environ.get("OPENOCD", str(ROOT / "build/bin/openocd"))
STOCK_OPENOCD = os.environ.get("STOCK_OPENOCD", "/usr/bin/openocd")

PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"

# target file of upstream that goes with an MCU row
TARGET_CFG = {
    "stm32f407": "target/stm32f4x.cfg",
    "stm32f103": "target/stm32f1x.cfg",
    "stm32g071": "target/stm32g0x.cfg",
    "stm32f030": "target/stm32f0x.cfg",
}

# what to source and to say for each transport; {port} is the board's
ADAPTER = {
    "dapdirect_swd": ["-f", "interface/stlink-dap.cfg",
                      "-c", "st-link backend tcp {port}",
                      "-c", "transport select dapdirect_swd"],
    # OpenOCD after 0.12.0 has a file of its own for it
    "hla_swd": ["-c", "set hla_cfg interface/stlink-hla.cfg; if [catch [list find $hla_cfg]] "
                "[list set hla_cfg interface/stlink.cfg]; source [find $hla_cfg]",
                "-c", "hla_stlink_backend tcp {port}",
                "-c", "transport select hla_swd"],
}

QUIET_PORTS = ["-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled"]


class Board:
    """One running simboard."""

    def __init__(self, tmp_path, mcu="stm32f407", chips=(("W25Q64JV-Q", PINS),), *,
                 once=True, idle_scale=1, probe=None, images=(), faults=(), extra=()):
        """mcu: row name or file.
        chips: (name or file, pins) each; () leaves the socket empty.
        images: one file per chip (or None), loaded and saved.
        faults: strings for --fault. extra: further options of simboard."""
        self.mcu = mcu
        self.report_path = tmp_path / "report.json"
        self.stdout_path = tmp_path / "board.out"
        self._report = None
        args = [SIMBOARD, "--mcu", mcu, "--port", "0", "--idle-scale", str(idle_scale),
                "--report", str(self.report_path)]
        for index, (chip, pins) in enumerate(chips):
            args += ["--chip", chip, "--pins", pins]
            if index < len(images) and images[index]:
                args += ["--image", str(images[index])]
        if not chips:
            args += ["--chip", "none"]
        if probe:
            args += ["--probe", probe]
        for fault in faults:
            args += ["--fault", fault]
        if once:
            args += ["--once"]
        args += [str(a) for a in extra]
        self.report_path.unlink(missing_ok=True)
        # stdout goes to a file, so that a chatty firmware can never block the board
        self._stdout = open(self.stdout_path, "w")
        self._stderr_path = tmp_path / "board.err"
        self._process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=self._stdout,
                                         stderr=open(self._stderr_path, "w"))
        self.port = self._wait_for_port()

    def _wait_for_port(self):
        with open(self.stdout_path) as stdout:
            text = ""
            while True:
                text += stdout.read()
                for line in text.splitlines(keepends=True):
                    if line.startswith("port ") and line.endswith("\n"):
                        return int(line.split()[1])
                try:
                    self._process.wait(0.01)
                except subprocess.TimeoutExpired:
                    continue
                raise RuntimeError("simboard left with code %s: %s" % (
                    self._process.returncode, self._stderr_path.read_text()))

    def adapter_args(self, transport="dapdirect_swd"):
        """OpenOCD's arguments up to and including the transport."""
        return QUIET_PORTS + [a.format(port=self.port) for a in ADAPTER[transport]]

    def run(self, *openocd_args, openocd=OPENOCD, transport="dapdirect_swd",
            target=None, timeout=120):
        """Run OpenOCD against the board: adapter, transport, target file, then
        openocd_args. target: the target file, "" for none. Returns (exit code,
        everything it said)."""
        args = [openocd] + self.adapter_args(transport)
        if target is None:
            target = TARGET_CFG[self.mcu]
        if target:
            args += ["-f", target]
        args += [str(a) for a in openocd_args]
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout)
        return done.returncode, done.stdout.decode(errors="replace")

    def console(self):
        """What the firmware has said on its UART so far."""
        lines = self.stdout_path.read_text(errors="replace").splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("port "))

    def wait(self, timeout=60):
        """Wait for the board to leave by itself (--once). Returns its exit code."""
        return self._process.wait(timeout)

    def stop(self, timeout=60):
        """End the board (SIGTERM unless it leaves by itself after --once) and
        return its report."""
        if self._report is None:
            if self._process.poll() is None:
                self._process.terminate()
            code = self._process.wait(timeout)
            self._stdout.close()
            self._report = {}
            # also what the sanitizers say must not go unseen
            if code or "runtime error" in self.stderr():
                raise RuntimeError("simboard left with code %s: %s" % (code, self.stderr()))
            if self.report_path.exists():
                self._report = json.loads(self.report_path.read_text())
        return self._report

    def ram_written_outside(self, base, size, by=("core_wrote", "host_wrote")):
        """Ranges (first, last) of RAM outside the work area that the core or the
        debugger wrote while the client was there. Call after stop()."""
        outside = []
        for who in by:
            for one in self.stop()["ram"][who]:
                first, last = one["base"], one["base"] + one["size_bytes"] - 1
                if first < base or last >= base + size:
                    outside.append((who, hex(first), hex(last)))
        return outside

    def stderr(self):
        """What the board itself complained about."""
        return self._stderr_path.read_text(errors="replace")


@pytest.fixture
def board(tmp_path):
    """Factory of boards: board(mcu=..., chips=..., ...), see Board."""
    if not os.access(SIMBOARD, os.X_OK):
        pytest.skip("no simboard at %s" % SIMBOARD)
    boards = []

    def make(*args, **kwargs):
        folder = tmp_path / ("board%d" % len(boards))
        folder.mkdir()
        boards.append(Board(folder, *args, **kwargs))
        return boards[-1]

    yield make
    for one in boards:
        one.stop()


@pytest.fixture
def stock_openocd():
    """Path of the distribution's own OpenOCD; the test is skipped without it."""
    path = shutil.which(STOCK_OPENOCD)
    if not path:
        pytest.skip("no stock OpenOCD at %s" % STOCK_OPENOCD)
    return path


@pytest.fixture
def application(tmp_path):
    """Builds the application of application.S: application("m4", systick=500)
    -> path for --flash-image. The features are its --defsym symbols."""
    tools = [shutil.which("arm-none-eabi-" + tool) for tool in ("as", "ld", "objcopy")]
    if not all(tools):
        pytest.skip("no arm-none-eabi-as")
    source = pathlib.Path(__file__).with_name("application.S")

    def build(core="m4", **features):
        symbols = dict.fromkeys(("systick", "iwdg_ms", "mpu_xn", "unprivileged", "mid_command"), 0)
        assert set(features) <= set(symbols)
        symbols.update(features)
        stem = tmp_path / ("application%d" % len(list(tmp_path.glob("application*.bin"))))
        args = [tools[0], "-mcpu=cortex-" + core, str(source), "-o", str(stem) + ".o"]
        for name, value in symbols.items():
            args += ["--defsym", "%s=%d" % (name, value)]
        subprocess.run(args, check=True)
        subprocess.run([tools[1], "-Ttext=0x08000000", str(stem) + ".o", "-o", str(stem) + ".elf"],
                       check=True)
        subprocess.run([tools[2], "-O", "binary", str(stem) + ".elf", str(stem) + ".bin"], check=True)
        return pathlib.Path(str(stem) + ".bin")

    return build


@pytest.fixture
def server(tmp_path):
    """Factory of OpenOCD servers: server(arguments) on free ports, see servers.Server."""
    servers = []

    def make(args):
        servers.append(Server(args, tmp_path / ("openocd%d.log" % len(servers))))
        return servers[-1]

    yield make
    for one in servers:
        one.stop()
