# SPDX-License-Identifier: GPL-2.0-or-later

"""The files in contrib/ide, and the command lines that the IDEs make of them, against
the simulated board. What an IDE adds by itself is taken from its source, as cited."""

import configparser
import json
import os
import re
import shlex
import shutil
import socket
import subprocess

import pytest

from conftest import OPENOCD, PINS, QUIET_PORTS, ROOT
from flashlib import CHIP_BYTES, Chip, file_of, noise, sins_but_the_firmwares

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


# ---- a user's project ----------------------------------------------------------

@pytest.fixture
def project(tmp_path, monkeypatch):
    """project(port) -> folder of a project for the board on that port: my-board.cfg and
    build/app.elf; `openocd` in PATH is ours"""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "openocd").write_text('#!/bin/sh\nexec "%s" "$@"\n' % OPENOCD)
    (programs / "openocd").chmod(0o755)
    monkeypatch.setenv("PATH", "%s:%s" % (programs, os.environ["PATH"]))

    def make(port):
        folder = tmp_path / "my project"
        (folder / "build").mkdir(parents=True)
        (folder / "my-board.cfg").write_text(
            SIMULATED % port + "\nsource [find board/cmspi-sim-stm32f407.cfg]\n")
        example = ROOT / "examples/cmake"
        code, out = run(["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-g", "-O1",
                         "-ffreestanding", "-nostdlib", "-static", example / "main.c",
                         "-T", example / "app.ld", "-T", ROOT / "contrib/ide/cmake/extflash.ld",
                         "-o", folder / "build/app.elf"])
        assert code == 0, out
        return folder

    return make


# ---- VS Code -------------------------------------------------------------------

def substituted(value, folder):
    """A configuration with VS Code's variables in it filled in."""
    if isinstance(value, dict):
        return {key: substituted(one, folder) for key, one in value.items()}
    if isinstance(value, list):
        return [substituted(one, folder) for one in value]
    return value.replace("${workspaceFolder}", str(folder)) if isinstance(value, str) else value


def vscode(name, folder):
    return substituted(json.loads((ROOT / "contrib/ide/vscode" / name).read_text()), folder)


@pytest.mark.parametrize("label, expected", [
    ("Program both flashes", expect_greeting),
    ("Erase the chip", lambda chip: chip.erase(0, CHIP_BYTES)),
])
def test_vscode_task(board, project, chip, label, expected):
    one = board(chips=(("W25Q64JV-Q:tCE=200000", PINS),), images=(chip.path,))
    folder = project(one.port)
    task = next(t for t in vscode("tasks.json", folder)["tasks"] if t["label"] == label)
    code, out = run([task["command"], *task["args"]], cwd=folder)
    assert code == 0, out
    assert not sins_but_the_firmwares(one.stop())
    expected(chip)
    chip.assert_as_expected()


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


# What the extension's support/openocd-helpers.tcl is needed for here
CORTEX_DEBUG_HELPERS = """
proc CDLiveWatchSetup {} {
    foreach one [target names] { $one configure -gdb-max-connections 2 }
}
"""


def cortex_debug_server(config, helpers):
    """OpenOCD's arguments and the port for GDB: serverArguments() of src/openocd.ts in
    Cortex-Debug, commit 428af02."""
    ports = free_ports(3)
    args = [config["serverpath"], "-f", helpers]
    for service, port in zip(("gdb", "tcl", "telnet"), ports):
        args += ["-c", "%s_port %d" % (service, port)]
    for folder in config.get("searchDir") or [config["cwd"]]:
        args += ["-s", folder]
    for command in config.get("openOCDPreConfigLaunchCommands", ()):
        args += ["-c", command]
    for path in config["configFiles"]:
        args += ["-f", path]
    args += config.get("serverArgs", [])
    for command in config.get("openOCDLaunchCommands", ()):
        args += ["-c", command]
    if config.get("liveWatch", {}).get("enabled"):
        args += ["-c", "CDLiveWatchSetup"]
    return args, ports[0]


def console(command):
    """A user's command as the extension hands it to GDB (COMMAND_MAP of src/gdb.ts)."""
    if command.startswith("-"):
        return command[1:]
    return 'interpreter-exec console "%s"' % command.replace('"', '\\"')


class Mi:
    """GDB as the extension starts it: one command at a time, each with a token."""

    def __init__(self, config, port):
        self._gdb = subprocess.Popen(
            [config["gdbPath"], "-q", "-nx", "--interpreter=mi2"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = ""
        self._token = 0
        self.ask("gdb-set mi-async on")
        self.ask('file-exec-and-symbols "%s"' % config["executable"])
        self.ask("target-select extended-remote localhost:%d" % port)

    def _read_until(self, pattern):
        while True:
            line = self._gdb.stdout.readline()
            assert line, self.said
            self.said += line
            if re.match(pattern, line):
                return line

    def ask(self, command, error=False):
        self._token += 1
        self._gdb.stdin.write("%d-%s\n" % (self._token, command))
        self._gdb.stdin.flush()
        answer = self._read_until(r"%d\^" % self._token)
        assert ("^error" in answer) == error, self.said
        return answer

    def wait_for_stop(self):
        return self._read_until(r"\*stopped")

    def quit(self):
        self.ask("gdb-exit")
        self._gdb.stdin.close()
        self._gdb.wait(60)


@pytest.fixture
def cortex_debug(project, server, tmp_path):
    """cortex_debug(port of the board, request) -> (configuration, its OpenOCD, GDB's port)"""
    if not shutil.which("gdb-multiarch"):
        pytest.skip("no gdb-multiarch")

    def start(board_port, request):
        folder = project(board_port)
        config = next(c for c in vscode("launch.json", folder)["configurations"]
                      if c["request"] == request)
        assert (config["type"], config["servertype"]) == ("cortex-debug", "openocd")
        args, port = cortex_debug_server(
            config, file_of(tmp_path / "helpers.tcl", CORTEX_DEBUG_HELPERS.encode()))
        openocd = server(args)
        # what the extension waits for, initMatch()
        openocd.wait_for(r"(?i)Info\s:[^\n]*Listening on port \d+ for gdb connection")
        return config, openocd, port

    return start


def test_vscode_launch_and_live_watch(board, cortex_debug, chip):
    one = board(images=(chip.path,))
    config, openocd, port = cortex_debug(one.port, "launch")
    gdb = Mi(config, port)
    for command in config["preLaunchCommands"]:
        gdb.ask(console(command))
    # launchCommands() of src/openocd.ts
    for command in ('interpreter-exec console "monitor reset halt"', "target-download",
                    'interpreter-exec console "monitor reset halt"'):
        gdb.ask(command)
    for command in config["postLaunchCommands"]:
        gdb.ask(console(command))
    gdb.ask("break-insert -t --function %s" % config["runToEntryPoint"])
    gdb.ask("exec-continue")
    assert 'func="main"' in gdb.wait_for_stop()
    assert gdb.said.count("matched.") == 2 and "MIS-MATCHED" not in gdb.said, gdb.said
    # a second GDB asks for what is watched while the first lets the target run
    live = Mi(config, port)
    gdb.ask("exec-continue")
    for _ in range(5):
        live.ask("data-evaluate-expression greeting")
    live.ask("data-evaluate-expression rounds")
    assert openocd.said().count("cannot be read (said once)") == 1, openocd.said()
    gdb.ask("exec-interrupt")
    gdb.wait_for_stop()
    assert "hello from the chip" in gdb.ask("data-evaluate-expression greeting")
    live.quit()
    gdb.quit()
    openocd.stop()
    assert not one.stop()["sins"]
    expect_greeting(chip)


def test_vscode_attach_changes_nothing(board, cortex_debug, chip):
    one = board(images=(chip.path,))
    config, openocd, port = cortex_debug(one.port, "attach")
    gdb = Mi(config, port)
    # attachCommands() of src/openocd.ts
    for command in [*map(console, config["preAttachCommands"]),
                    'interpreter-exec console "monitor halt"']:
        gdb.ask(command)
    first = int.from_bytes(chip.expected[:4], "little")
    assert 'value="%d"' % first in gdb.ask("data-evaluate-expression *(unsigned*)0x90000000")
    gdb.quit()
    openocd.stop()
    assert not one.stop()["sins"]
    chip.assert_as_expected()


# ---- PlatformIO ----------------------------------------------------------------

@pytest.fixture
def platformio():
    """The options of platformio.ini, read as PlatformIO reads them
    (platformio/project/config.py, commit 145142ea)."""
    parser = configparser.ConfigParser(inline_comment_prefixes=("#", ";"), interpolation=None)
    parser.read(ROOT / "contrib/ide/platformio/platformio.ini")
    return dict(parser["env:app"])


def test_platformio_upload(board, project, chip, platformio):
    one = board(images=(chip.path,))
    folder = project(one.port)
    assert platformio["upload_protocol"] == "custom"
    command = platformio["upload_command"]
    # SCons puts its variables in and gives the line to a shell
    for name, value in {"$PROJECT_DIR": folder, "$BUILD_DIR": folder / "build",
                        "${PROGNAME}": "app"}.items():
        command = command.replace(name, str(value))
    code, out = run(["/bin/sh", "-c", command], cwd=folder)
    assert code == 0 and "** Verified OK **" in out, out
    assert not sins_but_the_firmwares(one.stop())
    expect_greeting(chip)


def test_platformio_debug(board, project, chip, platformio):
    """A server whose name has "openocd" in it, and no debug_port: GDB starts it on a
    pipe (platformio/debug/process/server.py, commit 145142ea)."""
    if not shutil.which("gdb-multiarch"):
        pytest.skip("no gdb-multiarch")
    one = board(images=(chip.path,))
    folder = project(one.port)
    assert platformio["debug_tool"] == "custom" and "debug_port" not in platformio
    server, *args = (line.replace("$PROJECT_DIR", str(folder))
                     for line in platformio["debug_server"].split("\n") if line)
    args = ["-c", "gdb_port pipe; tcl_port disabled; telnet_port disabled", *args]
    port = '| "%s" %s' % (shutil.which(server), " ".join(
        arg if arg.startswith("-") else '"%s"' % arg for arg in args))
    script = platformio["debug_init_cmds"]
    for name, value in {"$DEBUG_PORT": port, "$LOAD_CMDS": "load",
                        "$INIT_BREAK": "tbreak main"}.items():
        script = script.replace(name, value)
    init = file_of(folder / ".pioinit", (script + "\ncontinue\nprint greeting\n").encode())
    code, out = run(["gdb-multiarch", "-q", "-nx", "-batch", "-x", init,
                     folder / "build/app.elf"], cwd=folder)
    assert code == 0 and "Temporary breakpoint 1, main" in out, out
    assert out.count("matched.") == 2 and '"hello from the chip"' in out, out
    assert not one.stop()["sins"]
    expect_greeting(chip)


def test_platformio_script_keeps_the_bin_short(project):
    """The .bin would reach from the internal flash to the chip, 2 GiB."""
    folder = project(0)
    replaced = {"OBJCOPY": "arm-none-eabi-objcopy"}

    class Environment(dict):
        """As much of SCons' as the script uses."""
        def Append(self, LINKFLAGS):
            self["LINKFLAGS"] = LINKFLAGS

        def Replace(self, OBJCOPY):
            self["OBJCOPY"] = OBJCOPY

    env = Environment(replaced)
    source = (ROOT / "contrib/ide/platformio/cmspi.py").read_text()
    names = {"env": env, "Import": lambda name: None}
    exec(compile(source, "cmspi.py", "exec"), names)
    assert env["LINKFLAGS"] == ["-T", "$PROJECT_DIR/extflash.ld"]
    code, out = run([*env["OBJCOPY"].split(), "-O", "binary", "build/app.elf", "app.bin"],
                    cwd=folder)
    assert code == 0, out
    assert (folder / "app.bin").stat().st_size < 1000


# ---- Eclipse and STM32CubeIDE --------------------------------------------------

@pytest.fixture
def eclipse_project(project):
    """As project, with the ELF where Eclipse puts it."""
    def make(port):
        folder = project(port)
        (folder / "build").rename(folder / "Debug")
        (folder / "Debug/app.elf").rename(folder / "Debug" / (folder.name + ".elf"))
        return folder

    return make


def block_after(words, folder):
    """The first indented block of doc/ide.md behind these words, with Eclipse's variables
    filled in."""
    text = (ROOT / "doc/ide.md").read_text()
    found = re.search(r"\n((?:    .*\n)+)", text[text.index(words):])
    block = re.sub(r"(?m)^    ", "", found[1])
    return block.replace("${project_loc}", str(folder)).replace("${project_name}", folder.name)


def test_eclipse_external_tool(board, eclipse_project, chip):
    """Location, arguments and working directory, as the page says."""
    one = board(images=(chip.path,))
    folder = eclipse_project(one.port)
    words = shlex.split(block_after("External Tools Configurations", folder))
    code, out = run(["openocd", *words], cwd=folder)
    assert code == 0 and "** Verified OK **" in out, out
    assert not sins_but_the_firmwares(one.stop())
    expect_greeting(chip)


def test_eclipse_embedded_cdt(board, server, eclipse_project, chip):
    """getGdbServerCommandLineArray() and DebuggerCommands.java of Eclipse Embedded CDT,
    commits 3a84defc and 7115cc99, with what the page says to enter."""
    if not shutil.which("gdb-multiarch"):
        pytest.skip("no gdb-multiarch")
    one = board(images=(chip.path,))
    folder = eclipse_project(one.port)
    ports = free_ports(3)
    args = ["openocd"]
    for service, port in zip(("gdb", "telnet", "tcl"), ports):
        args += ["-c", "%s_port %d" % (service, port)]
    args += shlex.split(block_after("Config options", folder))
    openocd = server(args + ["-c", 'echo "Started by GNU MCU Eclipse"'])
    openocd.wait_for("Listening on port %d for gdb" % ports[0])
    program = '"%s"' % (folder / "Debug" / (folder.name + ".elf"))
    commands = [*block_after("Commands of the GDB client", folder).splitlines(),
                "target remote localhost:%d" % ports[0], "monitor reset init", "monitor halt",
                "monitor arm semihosting enable", "symbol-file " + program,
                "load " + program, "monitor reset halt", "monitor halt",
                *block_after("Run/Restart Commands", folder).splitlines(), "tbreak main", "monitor reg",
                "continue", "print greeting"]
    code, out = run(["gdb-multiarch", "-q", "--nx", "-batch",
                     *[word for command in commands for word in ("-ex", command)]], cwd=folder)
    assert code == 0 and "Temporary breakpoint 1, main" in out, out
    assert out.count("matched.") == 2 and '"hello from the chip"' in out, out
    openocd.stop()
    assert not one.stop()["sins"]
    expect_greeting(chip)
