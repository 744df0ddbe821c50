# SPDX-License-Identifier: GPL-2.0-or-later

"""Locks of single blocks: seen, told, respected, opened all at once or one by one on
request only, and closed again. SST26 and AT25DF have them set after power-up, W25Q
where WPS is set."""

import json
import re

import pytest

from conftest import PINS, ROOT
from flashlib import BANK, BASE, Chip, Run, file_of, noise, session

KIB = 1024
WPS = ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x11 0x64")
SEEN = ("flash info ext",)
# part, bytes, blocks that have a lock, what sets the locks in force
PARTS = {
    "SST26VF064B": (8192 * KIB, 136, ()),
    "SST26VF016B": (2048 * KIB, 40, ()),
    "AT25DF321A": (4096 * KIB, 64, ()),
    "AT25DF041A": (512 * KIB, 11, ()),
    "W25Q64JV-Q": (8192 * KIB, 158, WPS),
    "W25Q256JV-Q": (32768 * KIB, 542, WPS),
    "MX25L12845G-WPSEL": (16384 * KIB, 286, SEEN),
    "MX25L25645G-WPSEL": (32768 * KIB, 542, SEEN),
    "MX25L12845E-WPSEL": (16384 * KIB, 286, SEEN),
}
parts = pytest.mark.parametrize("part", PARTS)


def chip_row(name):
    return json.loads((ROOT / "testing/simboard/data/chip" / (name + ".json")).read_text())


def with_wpsel(name):
    """Once it was set, for ever: each block has a lock, set after power-up."""
    row = chip_row(name)
    for register in row["registers"]:
        if register["name"] == "SCUR":
            register["power_up"] = "0x80"
    return row


def without_commands(row, *opcodes):
    row["commands"] = [c for c in row["commands"] if c["opcode"] not in opcodes]
    return row


def at25df041a():
    row = chip_row("AT25DF321A")
    # data sheet 3668F: "Memory Architecture Diagram"
    row.update(part="AT25DF041A", jedec_id="1F440100", size_bytes=512 * KIB)
    row["locks"]["blocks"] = [[7, 65536], [1, 32768], [2, 8192], [1, 16384]]
    return row


def mx25l12845e():
    """The older generation: SFDP says 36h, and 3Ch reads it."""
    row = without_commands(with_wpsel("MX25L12845G"), "E0", "E1", "E2", "E3", "E4")
    row["sfdp_more"] = {"0x118": "D9F8FFFF"}
    row["locks"].update(reads=1)
    for opcode, effect, wel in (("36", "lock", True), ("39", "unlock", True),
                                ("3C", "read_lock", False)):
        row["commands"].append({"opcode": opcode, "name": effect, "effect": effect,
                                "address": "mode", "wel": wel})
    return row


ROWS = {
    "AT25DF041A": at25df041a,
    "MX25L12845E-WPSEL": mx25l12845e,
    "MX25L12845G-WPSEL": lambda: with_wpsel("MX25L12845G"),
    "MX25L25645G-WPSEL": lambda: with_wpsel("MX25L25645G"),
}


def chip_of(folder, part):
    """What to tell the board: a name, or a row that is made of another."""
    if part not in ROWS:
        return part
    return str(file_of(folder / "row.json", json.dumps(ROWS[part]()).encode()))


class Locked:
    """A session on a chip of a part whose blocks are locked."""

    def __init__(self, board, folder, part, *commands, **options):
        size, self.blocks, enable = PARTS[part]
        self.chip = Chip(folder / "chip.bin", noise(64 * KIB, seed=3) * (size // 64 // KIB))
        # the protection blocks are others then, which `flash protect` wants to be seen
        enable += ("sleep 20", *SEEN) if enable else ()
        self.run = Run(board, self.chip, session("flash probe ext", *enable, *commands),
                       chips=((chip_of(folder, part), PINS),), **options)
        self.out = self.run.out
        self.state = self.run.report["chips"][0]["state"]

    def locked(self):
        return self.state["locked_blocks"]


@pytest.fixture(name="data")
def fixture_data(tmp_path):
    return file_of(tmp_path / "data", noise(6000, seed=4))


@parts
def test_flash_info_says_so(board, tmp_path, part):
    one = Locked(board, tmp_path, part, "echo AGAIN; flash info ext")
    one.run.ok()
    assert one.locked() == one.blocks
    one.out = one.out.split("AGAIN")[1]
    assert "protection: blocks 0-%d" % (one.blocks - 1) in one.out
    assert "protected by a lock each, until power is cut or they are unlocked" in one.out
    assert one.out.count(") protected\n") == one.blocks, one.out


@parts
@pytest.mark.parametrize("change", ["flash write_image erase {data} 0x90007000 bin",
                                    "cmspi mass_erase ext"])
def test_nothing_is_unlocked_silently(board, tmp_path, data, part, change):
    one = Locked(board, tmp_path, part, change.format(data=data))
    one.run.failed("is protected (locks of single blocks, read by ", "nothing was changed",
                   "'cmspi unlock ext' the whole chip")
    assert one.locked() == one.blocks
    one.chip.assert_as_expected()


@parts
def test_unlock_opens_all_of_it(board, tmp_path, data, part):
    size, _, _ = PARTS[part]
    last = size - 8192
    one = Locked(board, tmp_path, part, "cmspi unlock ext", "flash info ext",
                 "flash write_image erase %s %#x bin" % (data, BASE + 0x7000),
                 "flash write_image erase %s %#x bin" % (data, BASE + last))
    one.run.ok()
    assert "ext: nothing is protected now" in one.out and "protection: none" in one.out
    assert one.locked() == 0
    for place in (0x7000, last):
        one.chip.erase(place, 8192)
        one.chip.write(place, data.read_bytes())
    one.chip.assert_as_expected()


@parts
def test_single_blocks_are_opened_and_closed(board, tmp_path, part):
    one = Locked(board, tmp_path, part, "flash protect ext 0 1 off", "flash protect ext 3 last off",
                 "flash protect ext 0 0 on", "echo BLOCKS=[catch {flash erase_sector ext 0 0}]",
                 "flash info ext")
    one.run.ok()
    assert "BLOCKS=-" in one.out
    assert one.locked() == 2
    assert "protection: block 0 (0x90000000 to " in one.out and " block 2 (0x900" in one.out
    one.chip.assert_as_expected()


@parts
def test_relock_puts_all_locks_back(board, tmp_path, data, part):
    one = Locked(board, tmp_path, part, "flash protect ext 1 1 off", "cmspi unlock ext -relock",
                 "flash write_image erase %s 0x90007000 bin" % data,
                 "verify_image %s 0x90007000 bin" % data)
    one.run.ok()
    assert one.locked() == one.blocks - 1
    assert "ext: protected again as it was" in one.out


def test_frozen_at25df_is_opened_as_a_whole_only(board, tmp_path):
    # SPRL, and all locks with it
    freeze = ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0xbc")
    one = Locked(board, tmp_path, "AT25DF321A", *freeze, "flash protect ext 0 0 off")
    one.run.failed("the locks of the blocks are frozen (05h reads 0x9c)",
                   "'cmspi unlock' opens all of them")
    assert one.locked() == one.blocks
    one = Locked(board, tmp_path, "AT25DF321A", *freeze, "cmspi unlock ext")
    one.run.ok()
    assert one.locked() == 0


def test_sst26_that_is_locked_down_says_when_it_can_be_opened(board, tmp_path):
    row = tmp_path / "row.json"
    text = (ROOT / "testing/simboard/data/chip/SST26VF064B.json").read_text()
    row.write_text(text.replace('{ "name": "SR1" }', '{ "name": "SR1", "power_up": "0x10" }'))
    run = Run(board, None, session("flash probe ext", "cmspi unlock ext"),
              chips=((str(row), PINS),))
    run.failed("frozen (05h reads 0x10)", "they can be changed after the next power-up")


def test_wps_that_the_probe_could_not_know_of_is_seen(board, tmp_path):
    wps = ("flash probe ext", "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x11 0x64", "sleep 20")
    run = Run(board, None, session(*wps, "flash protect ext 0 last off")).ok()
    assert run.report["chips"][0]["state"]["locked_blocks"] == 0
    run = Run(board, None, session(*wps, "flash protect ext 3 4 off"))
    run.failed("set up for other protection blocks in the meantime: nothing was changed")
    assert run.report["chips"][0]["state"]["locked_blocks"] == 158


@pytest.fixture(name="wpsel")
def fixture_wpsel(tmp_path):
    """MX25L12845G with WPSEL set, whose SFDP does not tell how a lock is read."""
    row = without_commands(with_wpsel("MX25L12845G"), "E0", "E1", "E2", "E3", "E4")
    row["sfdp_more"] = {"0x118": "FFFFFFFF"}
    return file_of(tmp_path / "row.json", json.dumps(row).encode())


def test_locks_that_cannot_be_read_are_opened_on_request_only(board, wpsel, data):
    write = "flash write_image erase %s 0x90007000 bin" % data
    chips = ((str(wpsel), PINS),)
    run = Run(board, None, session("flash info ext", "echo [catch {flash protect ext 0 0 on}]",
                                   "echo [catch {cmspi unlock ext -relock}]", write), chips=chips)
    run.failed("each block has a lock of its own, which of them are set is not known",
               "which are set cannot be read: nothing was changed",
               "so -relock could not close them again: nothing was changed", "0x90007000")
    assert run.report["chips"][0]["state"]["locked_blocks"] == 286
    run = Run(board, None, session("cmspi unlock ext", write,
                                   "verify_image %s 0x90007000 bin" % data), chips=chips).ok()
    assert "all blocks were told to open, which this part does not confirm" in run.out
    assert run.report["chips"][0]["state"]["locked_blocks"] == 0


def test_locks_are_found_where_size_names_half_of_the_part(board, tmp_path):
    bank = BANK + " -size 0x400000"
    one = Locked(board, tmp_path, "SST26VF064B", "flash info ext", "flash protect ext 0 0 off",
                 "flash erase_sector ext 0 1", "flash info ext", bank=bank)
    one.run.ok()
    # four of 8 KiB, one of 32, 63 of 64: the blocks behind it stay as they are
    assert "protection: blocks 0-67 (0x90000000 to 0x903fffff)" in one.out
    assert "protection: blocks 1-67 (0x90002000 to 0x903fffff)" in one.out
    assert one.locked() == one.blocks - 1
    one.chip.erase(0, 8192)
    one.chip.assert_as_expected()


def test_a_range_counts_from_the_end_of_the_part_and_not_of_the_bank(board):
    # BP 1000b: the last 8 MiB of 32
    top = ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0x20", "sleep 20")
    run = Run(board, None, session("flash probe ext", *top, "flash info ext",
                                   "flash erase_sector ext 0 0", "flash protect ext 0 0 on"),
              chips=(("W25Q256JV-Q", PINS),), bank=BANK + " -size 0x1000000")
    run.failed("protection: none (05h reads 0x20", "cannot protect just these blocks")


# Parts whose locks count beside the BP bits, and what firmware sends to lock a block:
# bytes, what of the data is the address, what follows it, BP bits of the last block
BESIDE = {
    "N25Q128A13": (16384 * KIB, "0xe5 %d %d %d", " 1"),
    "MT25QL256ABA": (32768 * KIB, "0xe5 %d %d %d", " 1"),
    "S25FL128S-64K": (16384 * KIB, "0xe1 0 %d %d %d", " 0"),
    "S25FL256S-64K": (32768 * KIB, "0xe1 0 %d %d %d", " 0"),
    "S25FL512S": (65536 * KIB, "0xe1 0 %d %d %d", " 0"),
}
beside = pytest.mark.parametrize("part", BESIDE)
PLACE = 0x200000


class Beside:
    """A session on such a part, after the block at PLACE was locked."""

    def __init__(self, board, folder, part, *commands):
        size, address, value = BESIDE[part]
        lock = "cmspi cmd ext 0 " + address % (PLACE >> 16, 0, 0) + value
        self.chip = Chip(folder / "chip.bin", noise(64 * KIB, seed=3) * (size // 64 // KIB))
        self.run = Run(board, self.chip, session("flash probe ext", "cmspi cmd ext 0 0x06", lock,
                                                 *commands), chips=((part, PINS),))
        self.state = self.run.report["chips"][0]["state"]


@beside
def test_a_lock_beside_the_range_is_seen_before_anything_changes(board, tmp_path, data, part):
    write = "flash write_image erase %s %#x bin" % (data, BASE + PLACE - 3000)
    one = Beside(board, tmp_path, part, "flash info ext", write)
    one.run.failed("until power is cut, a lock each", "0x90200000 to 0x902",
                   "locks of single blocks, read by E", "nothing was changed",
                   "off' opens this, 'cmspi unlock ext' the whole chip")
    assert one.state["locked_blocks"] == 1
    one.chip.assert_as_expected()


@beside
@pytest.mark.parametrize("way", [0, 1])
def test_the_way_out_of_such_a_lock_is_one(board, tmp_path, part, way):
    refused = "catch {flash erase_address pad 0x90200000 4096}"
    said = Beside(board, tmp_path, part, refused).run.ok().out
    out = re.findall(r"'((?:flash|cmspi) [a-z]+ ext[^']*)' ", said)[way]
    one = Beside(board, tmp_path, part, refused, out, "flash erase_address pad 0x90200000 4096")
    one.run.ok()
    assert one.state["locked_blocks"] == 0
    erased = 256 * KIB if part == "S25FL512S" else 64 * KIB if "FL" in part else 4096
    one.chip.erase(PLACE, erased)
    one.chip.assert_as_expected()


@beside
def test_what_is_not_locked_is_not_refused(board, tmp_path, data, part):
    one = Beside(board, tmp_path, part,
                 "flash write_image erase %s %#x bin" % (data, BASE + PLACE + 256 * KIB),
                 "verify_image %s %#x bin" % (data, BASE + PLACE + 256 * KIB))
    one.run.ok()
    assert one.state["locked_blocks"] == 1


@beside
def test_unlock_opens_locks_and_range_and_relock_closes_both(board, tmp_path, data, part):
    # a range of all can be had; what is locked stays so beside it
    bp = ("flash protect ext 0 last on",)
    write = "flash write_image erase %s %#x bin" % (data, BASE + PLACE)
    opened = Beside(board, tmp_path, part, *bp, "cmspi unlock ext", write).run.ok()
    state = opened.report["chips"][0]["state"]
    assert "ext: nothing is protected now" in opened.out
    assert state["locked_blocks"] == 0 and state["protected"][1] == 0
    closed = Beside(board, tmp_path, part, *bp, "cmspi unlock ext -relock", write)
    closed.run.ok()
    assert "ext: protected again as it was" in closed.run.out
    assert closed.state["locked_blocks"] == 1 and closed.state["protected"][1] != 0


@beside
def test_flash_protect_locks_what_no_range_can(board, tmp_path, part):
    one = Beside(board, tmp_path, part, "flash info ext", "flash protect ext 5 5 on",
                 "flash info ext", "flash protect ext 5 5 off", "flash protect ext 6 6 on",
                 "flash info ext")
    one.run.ok()
    assert one.state["locked_blocks"] == 2
    assert one.state["protected"][1] == 0
    assert "protection: block 5 (" in one.run.out and "protection: block 6 (" in one.run.out


def test_a_range_that_cannot_be_cut_is_left_as_it_is(board, tmp_path):
    one = Beside(board, tmp_path, "N25Q128A13", "flash protect ext 0 last on",
                 "flash protect ext 3 3 off")
    one.run.failed("the range of the status register cannot be cut like this: nothing was changed",
                   "'cmspi unlock ext' opens the whole chip")
    assert one.state["locked_blocks"] == 1
    assert one.state["protected"] == [0, 16384 * KIB]


def test_a_range_behind_the_end_of_the_bank_stays(board, tmp_path):
    # the lower half were a range of its own: the quarter at the top were open then
    run = Run(board, None, session(
        "flash probe ext", "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0x1c", "sleep 20",
        "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0xe5 0x20 0 0 1", "flash info ext",
        "flash protect ext 0 last on"), chips=(("N25Q128A13", PINS),),
        bank=BANK + " -size 0x800000").ok()
    state = run.report["chips"][0]["state"]
    assert state["protected"] == [12288 * KIB, 4096 * KIB]
    assert state["locked_blocks"] == 128


def test_a_frozen_lock_says_when_it_can_be_opened(board, tmp_path):
    freeze = ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0xe5 0x30 0 0 3")
    one = Beside(board, tmp_path, "N25Q128A13", *freeze, "cmspi unlock ext")
    one.run.failed("the lock of block 48 is frozen: nothing was changed",
                   "it can be changed after the next power-up")
    assert one.state["locked_blocks"] == 2


@pytest.mark.parametrize("part, locks", [("MX25L12845G-WPSEL", 285), ("S25FL128S-64K", 0)])
def test_a_lasting_lock_is_told_and_cleared_by_what_the_message_says(board, tmp_path, part, locks):
    # block 37: of 64 KiB behind 16 or 32 of 4
    place = 22 if "MX" in part else 7
    last = ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0xe3 0 %d 0 0" % place)
    off = "flash protect ext 37 37 off"
    chips = ((chip_of(tmp_path, part), PINS),)
    run = Run(board, None, session("flash probe ext", *last, "flash info ext", off), chips=chips)
    run.failed("some of which outlast the supply", "block 37 has a lock that outlasts the supply: "
               "nothing was changed")
    way = re.findall(r"'(cmspi cmd ext [^']*)'", run.out)
    assert len(way) == 2
    erase = "flash erase_address pad %#x 4096" % (BASE + (place << 16))
    run = Run(board, None, session("flash probe ext", *last, *SEEN, *way, off, erase),
              chips=chips).ok()
    assert run.report["chips"][0]["state"]["locked_blocks"] == locks
