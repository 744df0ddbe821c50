# SPDX-License-Identifier: GPL-2.0-or-later

"""What the whole-run tests share: chip contents, small ELF files, one way to
run commands on a board with a cmspi bank and to look at what is left behind."""

import json
import random
import re
import struct
import time

from conftest import ROOT

SMALL_BYTES = 256 * 1024
CHIP_BYTES = 8 * 1024 * 1024
SECTOR_BYTES = 4096
PAGE_BYTES = 256
BASE = 0x90000000
INTERNAL = 0x08000000

BANK = ("source [find cmspi.tcl]; cmspi_bank ext 0x90000000 stm32f4x.cpu "
        "-cs PA4 -clk PA5 -mosi PA7 -miso PA6")


def noise(count, seed):
    """Bytes that differ everywhere, the same for the same seed."""
    return random.Random(seed).randbytes(count)


class Chip:
    """The chip's image file and what the test expects in it."""

    def __init__(self, path, contents=b"\xff" * CHIP_BYTES):
        self.path = path
        self.expected = bytearray(contents)
        path.write_bytes(self.expected)

    def erase(self, offset, count):
        self.expected[offset:offset + count] = b"\xff" * count

    def write(self, offset, data):
        self.expected[offset:offset + len(data)] = data

    def contents(self):
        return self.path.read_bytes()

    def assert_as_expected(self):
        found = self.contents()
        assert len(found) == len(self.expected)
        if found == self.expected:
            return
        wrong = [i for i in range(len(found)) if found[i] != self.expected[i]]
        raise AssertionError("%d bytes differ, first at 0x%06x: found %s, expected %s" % (
            len(wrong), wrong[0], found[wrong[0]:wrong[0] + 16].hex(),
            self.expected[wrong[0]:wrong[0] + 16].hex()))


def small_chip(folder):
    """A chip row for simboard, made from a real one: GD25Q20, 256 KiB, no SFDP,
    so that OpenOCD's part table is asked, and reading all of it is quick."""
    row = json.loads((ROOT / "testing/simboard/data/chip/GD25Q32C.json").read_text())
    row.update(part="GD25Q20", jedec_id="C84012", size_bytes=SMALL_BYTES)
    del row["sfdp"]
    path = folder / "GD25Q20.json"
    path.write_text(json.dumps(row))
    return path


class Run:
    """One OpenOCD session on a fresh board, and what it left behind."""

    def __init__(self, make_board, chip, commands, bank=BANK, transport="dapdirect_swd",
                 **board_options):
        if chip:
            board_options.setdefault("images", (chip.path,))
        self.board = make_board(**board_options)
        args = ["-c", bank] if bank else []
        for command in commands:
            args += ["-c", command]
        self.code, self.out = self.board.run(*args, transport=transport)
        # --once: the board leaves after the session and saves the chip
        self.report = self.board.stop()

    def ok(self):
        assert self.code == 0, self.out
        return self.innocent()

    def failed(self, *sentences):
        assert self.code != 0, self.out
        for sentence in sentences:
            assert sentence in self.out, "missing %r in:\n%s" % (sentence, self.out)
        return self.innocent()

    def innocent(self):
        """No rule of the chip, of the wires or of the memory map was broken."""
        assert self.report, "no report: " + self.board.stderr()
        assert not self.report["sins"], self.report["sins"]
        return self


def wait_for_line(board, timeout_s=60):
    """What the firmware has said, once it has said a whole line."""
    end = time.monotonic() + timeout_s
    while not board.console().endswith("\n") and time.monotonic() < end:
        time.sleep(0.05)
    return board.console()


def sins_but_the_firmwares(report):
    """A board that is left while its firmware reads the chip finds CS low."""
    return {kind: count for kind, count in report["sins"].items() if kind != "cs_left_low"}


HALTED = ("init", "reset init")
END = ("shutdown",)


def session(*commands):
    """Commands between a halt and a proper end."""
    return HALTED + commands + END


def elf(path, *segments, entry=INTERNAL | 1):
    """Write an ELF file with one PT_LOAD row for each (address, bytes)."""
    header_bytes, row_bytes = 52, 32
    offset = header_bytes + row_bytes * len(segments)
    rows, body = b"", b""
    for addr, data in segments:
        # p_type PT_LOAD, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_flags R X, p_align
        rows += struct.pack("<8I", 1, offset + len(body), addr, addr, len(data), len(data), 5, 1)
        body += data
    ident = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    # ET_EXEC, EM_ARM, version, entry, phoff, shoff, flags (EABI5), sizes and counts
    header = ident + struct.pack("<HHIIIIIHHHHHH", 2, 40, 1, entry, header_bytes, 0, 0x05000000,
                                 header_bytes, row_bytes, len(segments), 0, 0, 0)
    path.write_bytes(header + rows + body)
    return path


def file_of(path, data):
    path.write_bytes(data)
    return path


def pause_app(count=64, seed=9):
    """An image for the internal flash that is safe to reset into: a stack
    pointer, a reset vector to `b .`, then noise."""
    code = struct.pack("<II", 0x20001000, (INTERNAL + 8) | 1) + b"\xfe\xe7\xfe\xe7"
    return code + noise(count - len(code), seed)




class Kind:
    """A board of the tests that must work on more than one."""

    def __init__(self, mcu, target, transport):
        self.mcu, self.target, self.transport = mcu, target, transport


BOARDS = {
    "f407_dapdirect": Kind("stm32f407", "stm32f4x.cpu", "dapdirect_swd"),
    "f103_hla": Kind("stm32f103", "stm32f1x.cpu", "hla_swd"),
}
WIRES = {"cs": "PA4", "clk": "PA5", "mosi": "PA7", "miso": "PA6"}


def bank_line(kind, wires=WIRES, name="ext", base=BASE, options=""):
    """A cmspi_bank line on one of BOARDS."""
    return "source [find cmspi.tcl]; cmspi_bank %s 0x%x %s %s %s" % (
        name, base, BOARDS[kind].target,
        " ".join("-%s %s" % wire for wire in wires.items()), options)


class Trouble(Run):
    """A session that must fail, on a board both flashes of which hold something
    that must be the same afterwards."""

    def __init__(self, make_board, folder, kind, commands, *, contents=None, unharmed=True,
                 wires=WIRES, bank=None, chips=("W25Q64JV-Q",), extra=(), internal=None,
                 **options):
        """contents: of the first chip. internal: of the internal flash. wires: as the user gives them; the chip
        hangs on WIRES. chips: names, all on WIRES."""
        contents = noise(CHIP_BYTES, seed=1) if contents is None else contents
        self.chip = Chip(folder / "chip.bin", contents)
        self.internal = pause_app(4096) if internal is None else internal
        self.internal_path = file_of(folder / "internal.bin", self.internal)
        self.unharmed = unharmed
        pins = ",".join("%s=%s" % wire for wire in WIRES.items())
        super().__init__(
            make_board, self.chip if chips else None, commands,
            bank=bank_line(kind, wires) if bank is None else bank, mcu=BOARDS[kind].mcu,
            transport=BOARDS[kind].transport, chips=[(name, pins) for name in chips],
            extra=["--flash-image", self.internal_path, *extra], **options)

    def says(self, *patterns):
        """It failed with these words (regular expressions), and did no harm."""
        assert self.code != 0, self.out
        for pattern in patterns:
            assert re.search(pattern, self.out), "missing %r in:\n%s" % (pattern, self.out)
        if self.unharmed:
            self.chip.assert_as_expected()
        internal = self.internal_path.read_bytes()
        assert internal == self.internal.ljust(len(internal), b"\xff")
        return self
