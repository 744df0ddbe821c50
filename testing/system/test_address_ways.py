# SPDX-License-Identifier: GPL-2.0-or-later

"""Parts above 16 MiB without opcodes of four address bytes, one for each way that SFDP
knows, and parts whose SFDP tells absurd times: chips that nobody knows by their ID."""

import json
import struct

import pytest

from conftest import PINS, ROOT
from flashlib import BASE, Run, file_of, noise, session

MIB = 1024 * 1024
BORDER = 16 * MIB
# bits of BFPT DWORD 16, enter and exit alike; opcodes that are sent, address bytes
WAYS = {"extended register": (1 << 2, {"C5"}), "bank register": (1 << 3, {"17"}),
        "B7h": (1 << 0, {"B7", "E9"}), "06h B7h": (1 << 1, {"B7", "E9"})}
USUAL_TIMES = (0x00000bd1, 0x82000000)


def sfdp(way, times=USUAL_TIMES, bits=32 * MIB * 8):
    """JESD216B: 4 KiB by 20h, 64 KiB by D8h, pages of 256 bytes, plain reads.
    @param times DWORD 10, and DWORD 11 but for its page size"""
    dwords = [0] * 16
    dwords[0] = 0xff8020e5 | (1 << 17 if way & 3 else 0)
    dwords[1] = bits - 1 if bits <= 1 << 31 else 1 << 31 | bits.bit_length() - 1
    dwords[7] = 0xd810200c
    dwords[9] = times[0]
    dwords[10] = times[1] & ~0xf0 | 0x80
    dwords[15] = way << 24 | way << 14
    header = b"SFDP" + bytes([6, 1, 0, 0xff, 0, 6, 1, 16, 0x30, 0, 0, 0xff])
    data = header.ljust(0x30, b"\xff") + struct.pack("<16I", *dwords)
    lines = [data[i:i + 16].hex(" ") for i in range(0, len(data), 16)]
    return ("# made by a test, complete\n" + "\n".join(lines) + "\n").encode()


def chip_row(folder, way, table, **changes):
    """W25Q256FV with another ID, made plainer."""
    row = json.loads((ROOT / "testing/simboard/data/chip/W25Q256FV.json").read_text())
    hex_file = file_of(folder / "sfdp.hex", table)
    row.update(part="unknown", jedec_id="C87719", sfdp=str(hex_file), **changes)
    modes = {"B7", "E9"}
    kept = {"C5", "C8"} if way & 0xc else modes
    row["commands"] = [c for c in row["commands"] if c.get("address") != "4" and
                       c["opcode"] not in {"C5", "C8"} | modes - kept or c["opcode"] in kept]
    for command in row["commands"]:
        if way & 8 and command["opcode"] in kept:
            # S25FL-S "Bank Register": no write enable before it
            command["opcode"] = {"C5": "17", "C8": "16"}[command["opcode"]]
            command.pop("wel", None)
        if way & 2 and command["opcode"] in modes:
            command["wel"] = True
    return str(file_of(folder / "row.json", json.dumps(row).encode()))


def empty_image(folder):
    path = folder / "chip.bin"
    with open(path, "wb") as file:
        file.truncate(32 * MIB)
    return path


def assert_at_home(report):
    state = report["chips"][0]["state"]
    assert not state["addr4"] and not state["wel"] and state["registers"]["EAR"] == 0


@pytest.mark.parametrize("name", WAYS)
def test_data_cross_16_mib(board, tmp_path, name):
    way, opcodes = WAYS[name]
    data = noise(20000, seed=11)
    path, back = file_of(tmp_path / "data", data), tmp_path / "back"
    begin = BORDER - 9999
    image = empty_image(tmp_path)
    run = Run(board, None, session(
        "flash write_image erase %s %#x bin" % (path, BASE + begin),
        "verify_image %s %#x bin" % (path, BASE + begin),
        "flash verify_bank ext %s %d" % (path, begin),
        "flash read_bank ext %s %d 20000" % (back, begin),
        "flash erase_sector ext 4096 4097", "mdb 0x90ffffff 2"),
        chips=((chip_row(tmp_path, way, sfdp(way)) + ":tSE=2000,tBE64=2000", PINS),),
        images=(image,), idle_scale=0).ok()
    assert back.read_bytes() == data
    assert "0x90ffffff: %02x ff" % data[9998] in run.out
    found = image.read_bytes()
    assert found[begin:BORDER] == data[:9999]
    assert found[BORDER:BORDER + 8192] == b"\xff" * 8192
    assert found[BORDER + 8192:begin + 20000] == data[9999 + 8192:]
    sent = set(run.report["chips"][0]["commands"])
    assert opcodes <= sent and not sent & ({"C5", "17", "B7", "E9"} - opcodes)
    assert_at_home(run.report)


@pytest.mark.parametrize("name", WAYS)
def test_an_abort_behind_16_mib_leads_home(board, tmp_path, name):
    way = WAYS[name][0]
    path = file_of(tmp_path / "data", noise(12000, seed=12))
    image = empty_image(tmp_path)
    run = Run(board, None, session(
        "if {![catch {flash write_image erase %s %#x bin}]} {error protected}" % (
            path, BASE + BORDER - 4096), "cmspi session cancel", "mdb 0x90000000 2"),
        chips=((chip_row(tmp_path, way, sfdp(way)) + ":tSE=2000", PINS),), images=(image,),
        idle_scale=0, faults=("protected_range:addr=0x1001000,size=0x1000",)).ok()
    assert "0x91001000" in run.out and "0x90000000: 00 00" in run.out
    assert_at_home(run.report)


# DWORDs 10 and 11. How long the driver waits then is in test_chip.c: the shortest of these
# limits is seen here, because the board must run the polls of all that time
ABSURD = {"nothing": (0, 0), "all ones": (0xffffffff, 0xffffffff), "2 ms": (0x00000800, 0),
          "17 minutes": (0x0003ffff, 0x82000000)}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_times_do_no_harm(board, tmp_path, name):
    row = chip_row(tmp_path, 4, sfdp(4, ABSURD[name]))
    path = file_of(tmp_path / "data", noise(5000, seed=13))
    Run(board, None, session("flash write_image erase %s %#x bin" % (path, BASE),
                             "verify_image %s %#x bin" % (path, BASE)),
        chips=((row, PINS),), images=(empty_image(tmp_path),), idle_scale=0).ok()


def test_an_erase_of_2_ms_is_waited_for_as_long_as_a_common_part_takes(board, tmp_path):
    row = chip_row(tmp_path, 4, sfdp(4, ABSURD["2 ms"]))
    run = Run(board, None, session("flash erase_sector ext 4 4"), chips=((row, PINS),),
              images=(empty_image(tmp_path),), idle_scale=0, faults=("stuck_wip",))
    assert run.code != 0
    assert "erase at 0x90004000 still busy after 800 ms, status 0x03" in run.out
