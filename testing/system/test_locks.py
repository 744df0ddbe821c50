# SPDX-License-Identifier: GPL-2.0-or-later

"""Locks of single blocks: seen, told, respected, opened all at once or one by one on
request only, and closed again. SST26 and AT25DF have them set after power-up, W25Q
where WPS is set."""

import json

import pytest

from conftest import PINS, ROOT
from flashlib import BANK, BASE, Chip, Run, file_of, noise, session

KIB = 1024
# part, bytes, blocks that have a lock, what sets the locks in force
PARTS = {
    "SST26VF064B": (8192 * KIB, 136, ()),
    "SST26VF016B": (2048 * KIB, 40, ()),
    "AT25DF321A": (4096 * KIB, 64, ()),
    "W25Q64JV-Q": (8192 * KIB, 158, ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x11 0x64")),
    "W25Q256JV-Q": (32768 * KIB, 542, ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x11 0x64")),
}
parts = pytest.mark.parametrize("part", PARTS)


class Locked:
    """A session on a chip of a part whose blocks are locked."""

    def __init__(self, board, folder, part, *commands, **options):
        size, self.blocks, enable = PARTS[part]
        self.chip = Chip(folder / "chip.bin", noise(64 * KIB, seed=3) * (size // 64 // KIB))
        # the protection blocks are others then, which `flash protect` wants to be seen
        enable += ("sleep 20", "flash info ext") if enable else ()
        self.run = Run(board, self.chip, session("flash probe ext", *enable, *commands),
                       chips=((part, PINS),), **options)
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
    """MX25L12845G with WPSEL set: each block has a lock, set after power-up."""
    row = json.loads((ROOT / "testing/simboard/data/chip/MX25L12845G.json").read_text())
    for register in row["registers"]:
        if register["name"] == "SCUR":
            register["power_up"] = "0x80"
    row["flags"]["locks_in_force"] = "SCUR.7"
    row["locks"] = {"blocks": [[16, 4096], [254, 65536], [16, 4096]], "power_up": True}
    row["commands"].append({"opcode": "98", "name": "GLOBAL_UNLOCK", "effect": "global_unlock",
                            "wel": True})
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
