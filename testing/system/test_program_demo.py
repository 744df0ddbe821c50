# SPDX-License-Identifier: GPL-2.0-or-later

"""The demo: built from source, programmed, started from reset, and judged by
the line it prints. And the proof that this judgement can fail."""

import os
import pathlib
import subprocess
import zlib

import pytest

from conftest import ROOT
from flashlib import BANK, BASE, Chip, Run, sins_but_the_firmwares, wait_for_line

CROSS = os.environ.get("CROSS", "arm-none-eabi-")

@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Folder with demo.elf and what belongs to it."""
    out = tmp_path_factory.mktemp("demo")
    subprocess.run(["make", "-s", "-C", ROOT / "examples/demo", "O=%s" % out, "CROSS=" + CROSS],
                   check=True)
    return out


@pytest.fixture
def blank(tmp_path):
    return Chip(tmp_path / "chip.bin")


def test_the_asset_does_not_compress_away(demo):
    asset = (demo / "asset.bin").read_bytes()
    assert len(asset) >= 200 * 1024
    assert len(zlib.compress(asset, 9)) >= 200 * 1024


def test_the_sum_is_what_zlib_computes(demo):
    asset = (demo / "asset.bin").read_bytes()
    line = "cmspi demo: asset %d bytes, crc32 %08x\n" % (len(asset), zlib.crc32(asset))
    assert (demo / "demo.sum").read_text() == line


def bytes_by_address(image, tmp_path):
    """{address: byte} of any image that objcopy reads, by way of S-records."""
    records = tmp_path / (image.name + ".records")
    subprocess.run([CROSS + "objcopy", "-O", "srec", "--srec-forceS3", image, records], check=True)
    found = {}
    for line in records.read_text().split():
        if line.startswith("S3"):
            body = bytes.fromhex(line[4:-2])
            address = int.from_bytes(body[:4], "big")
            found.update(enumerate(body[4:], address))
    return found


@pytest.mark.parametrize("name", ["demo.hex", "demo.s19"])
def test_hex_and_s19_hold_the_same_as_the_elf(demo, tmp_path, name):
    elf = bytes_by_address(demo / "demo.elf", tmp_path)
    assert len(elf) > 204800 and bytes_by_address(demo / name, tmp_path) == elf


def test_assets_bin_is_the_chips_part_of_the_elf(demo, tmp_path):
    elf = bytes_by_address(demo / "demo.elf", tmp_path)
    assets = (demo / "assets.bin").read_bytes()
    assert {BASE + offset: byte for offset, byte in enumerate(assets)} == {
        address: byte for address, byte in elf.items() if address >= BASE}


def test_program_verify_reset_and_the_firmware_agrees(board, demo, blank):
    """As in ./demo: OpenOCD leaves, the firmware runs on without a debugger."""
    blank.write(0, (demo / "assets.bin").read_bytes())
    one = board(once=False, images=(blank.path,))
    code, out = one.run("-c", BANK, "-c", "program %s verify" % (demo / "demo.elf"),
                        "-c", "echo GREETING=[read_memory 0x90000000 8 5]",
                        "-c", "reset run; shutdown")
    assert code == 0, out
    assert "** Verified OK **" in out
    # what the ELF calls greeting, read through the bank's window
    assert "GREETING=0x68 0x65 0x6c 0x6c 0x6f" in out
    assert wait_for_line(one) == (demo / "demo.sum").read_text()
    assert not sins_but_the_firmwares(one.stop())
    blank.assert_as_expected()


def test_one_flipped_byte_is_seen(board, demo, blank):
    """Negative test of the demo's own check: the byte changes when OpenOCD has
    left, so that only the firmware can notice. Near the end of the asset, where
    the firmware comes a second after its reset."""
    one = board(once=False, images=(blank.path,),
                faults=("flip_byte:addr=0x31000,at=disconnect",))
    code, out = one.run("-c", BANK, "-c", "program %s verify reset exit" % (demo / "demo.elf"))
    assert code == 0, out
    assets = bytearray((demo / "assets.bin").read_bytes())
    asset = (demo / "asset.bin").read_bytes()
    assets[0x31000] ^= 0xff
    flipped = assets[-len(asset):]
    said = wait_for_line(one)
    assert said != (demo / "demo.sum").read_text()
    assert said == "cmspi demo: asset %d bytes, crc32 %08x\n" % (len(asset), zlib.crc32(flipped))


def test_the_demo_folder_holds_no_built_files():
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "examples/demo"],
                             stdout=subprocess.PIPE, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    built = {".elf", ".hex", ".s19", ".bin", ".sum", ".o", ".map"}
    assert not [f for f in tracked.stdout.split() if pathlib.Path(f).suffix in built]
