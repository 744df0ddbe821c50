# SPDX-License-Identifier: GPL-2.0-or-later

"""`program`, as everybody types it: which files, which addresses, which exit
codes, and what both flashes hold afterwards."""

import subprocess

import pytest

from conftest import OPENOCD, QUIET_PORTS
from flashlib import (BANK, BASE, CHIP_BYTES, INTERNAL, Chip, Run, elf, file_of, noise, pause_app,
                      session)


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


def image_with_gaps(path):
    """Both flashes; two pieces of the chip in one sector, one far off."""
    segments = [(INTERNAL, pause_app()), (INTERNAL + 0x4000, noise(1000, 21)),
                (BASE + 0x1010, noise(300, 22)), (BASE + 0x1800, noise(77, 23)),
                (BASE + 0x123456, noise(9000, 24))]
    return elf(path, *segments), segments


def expect_segments(chip, segments):
    for addr, data in segments:
        if addr >= BASE:
            first = (addr - BASE) // 4096 * 4096
            last = (addr - BASE + len(data) + 4095) // 4096 * 4096
            chip.erase(first, last - first)
    for addr, data in segments:
        if addr >= BASE:
            chip.write(addr - BASE, data)


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
def test_elf_with_internal_flash_chip_and_gaps(board, full, tmp_path, transport):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    expect_segments(full, segments)
    internal = tmp_path / "internal.bin"
    run = Run(board, full, ("program %s verify reset" % path, "halt",
                            "dump_image %s 0x08000000 0x8000" % internal, "shutdown"),
              transport=transport).ok()
    assert "** Verified OK **" in run.out
    full.assert_as_expected()
    for addr, data in segments[:2]:
        at = addr - INTERNAL
        assert internal.read_bytes()[at:at + len(data)] == data


@pytest.mark.parametrize("form, to", [("hex", "ihex"), ("s19", "srec")])
def test_hex_and_s19(board, full, tmp_path, form, to):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    other = tmp_path / ("app." + form)
    # objcopy wants sections, so each piece gets one
    pieces = []
    for index, (addr, data) in enumerate(segments):
        piece = file_of(tmp_path / ("piece%d" % index), data)
        pieces += ["--add-section", ".p%d=%s" % (index, piece),
                   "--set-section-flags", ".p%d=alloc,load,readonly,data" % index,
                   "--change-section-address", ".p%d=0x%x" % (index, addr)]
    empty = file_of(tmp_path / "empty.bin", b"\0")
    subprocess.run(["arm-none-eabi-objcopy", "-I", "binary", "-O", "elf32-littlearm", "-B", "arm",
                    empty, tmp_path / "pieces.elf", *pieces, "--remove-section", ".data"],
                   check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", to, tmp_path / "pieces.elf", other], check=True)
    expect_segments(full, segments)
    run = Run(board, full, ("program %s verify reset exit" % other,)).ok()
    assert "** Verified OK **" in run.out
    full.assert_as_expected()


def test_bin_with_an_address(board, full, tmp_path):
    data = noise(10001, 31)
    path = file_of(tmp_path / "assets.bin", data)
    expect_segments(full, [(BASE, data)])
    Run(board, full, ("program %s 0x90000000 verify exit" % path,)).ok()
    full.assert_as_expected()


def test_bin_without_an_address_says_so(board, full, tmp_path):
    path = file_of(tmp_path / "assets.bin", noise(1000, 32))
    Run(board, full, ("program %s verify exit" % path,)).failed("address")
    full.assert_as_expected()


def test_preverify_of_the_same_image_writes_nothing(board, full, tmp_path):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    expect_segments(full, segments)
    run = Run(board, full, ("program %s verify" % path,
                            "program %s preverify verify reset exit" % path)).ok()
    assert "Verified OK - No flashing" in run.out
    assert run.out.count("** Programming Started **") == 1
    full.assert_as_expected()


def test_preverify_of_another_image_programs(board, full, tmp_path):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    expect_segments(full, segments)
    run = Run(board, full, ("program %s preverify verify exit" % path,)).ok()
    assert "** Programming Finished **" in run.out
    full.assert_as_expected()


def test_verify_finds_bits_that_do_not_program(board, full, tmp_path):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    run = Run(board, full, ("program %s verify exit" % path,),
              faults=("program_bit_error:seed=5,rate=0.001",))
    assert run.code != 0, run.out
    assert "Failed **" in run.out


def test_without_exit_openocd_stays_and_the_error_can_be_caught(board, tmp_path):
    path, _ = image_with_gaps(tmp_path / "app.elf")
    run = Run(board, None, ("if {[catch {program %s verify} why]} {echo \"CAUGHT $why\"}" % path,
                            "echo STILL_HERE", "shutdown"), chips=())
    assert run.code == 0, run.out
    assert "CAUGHT" in run.out and "STILL_HERE" in run.out


def test_missing_file(board, full, tmp_path):
    Run(board, full, ("program %s verify reset exit" % (tmp_path / "no.elf"),)).failed("no.elf")
    full.assert_as_expected()


def test_no_chip_in_the_socket(board, tmp_path):
    path, _ = image_with_gaps(tmp_path / "app.elf")
    run = Run(board, None, ("program %s verify reset exit" % path,), chips=())
    run.failed("no chip", "** Programming Failed **")
    assert "Verified OK" not in run.out


def test_target_running_program_halts_it_by_itself(board, full, tmp_path):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    expect_segments(full, segments)
    Run(board, full, ("init", "reset run", "program %s verify reset exit" % path)).ok()
    full.assert_as_expected()


# ---- too long ------------------------------------------------------------------

LONG = [
    ("past_the_end", (BASE + CHIP_BYTES - 100, noise(101, 41))),
    ("behind_the_end", (BASE + CHIP_BYTES, noise(16, 42))),
]


@pytest.mark.parametrize("segment", [s for _, s in LONG], ids=[n for n, _ in LONG])
def test_image_beyond_a_bank_is_refused_before_anything_is_erased(board, full, tmp_path, segment):
    first, _ = image_with_gaps(tmp_path / "first.elf")
    second = elf(tmp_path / "second.elf", (INTERNAL, pause_app(seed=51)),
                 (BASE + 0x1000, noise(100, 52)), segment)
    expect_segments(full, image_with_gaps(tmp_path / "first.elf")[1])
    internal = tmp_path / "internal.bin"
    run = Run(board, full, (
        "program %s verify" % first,
        "echo REFUSED=[catch {program %s verify}]" % second,
        "dump_image %s 0x08000000 64" % internal,
        "program %s verify reset exit" % second))
    run.failed("REFUSED=1", "0x%08x" % (segment[0]))
    assert internal.read_bytes() == pause_app()
    full.assert_as_expected()


def test_bin_beyond_the_end(board, full, tmp_path):
    path = file_of(tmp_path / "assets.bin", noise(5000, 44))
    Run(board, full, ("program %s 0x907ff000 verify exit" % path,)).failed("0x907ff000")
    full.assert_as_expected()


def test_write_image_is_checked_like_program(board, full, tmp_path):
    path = file_of(tmp_path / "assets.bin", noise(5000, 45))
    Run(board, full, session("flash write_image erase %s 0x907ff000 bin" % path)).failed(
        "0x907ff000")
    full.assert_as_expected()


@pytest.mark.parametrize("base, said", [
    # the second half lies in a bank whose chip is missing
    (BASE + CHIP_BYTES - 5000, "ext2: no chip"),
    # the first half lies nowhere
    (BASE - 5000, "0x%08x there is no flash" % (BASE - 5000)),
])
def test_the_whole_of_a_section_is_judged(board, full, tmp_path, base, said):
    path = elf(tmp_path / "app.elf", (base, noise(10000, 46)))
    second = (BANK + "; cmspi_bank ext2 0x90800000 stm32f4x.cpu "
              "-cs PB6 -clk PB3 -mosi PB5 -miso PB4")
    Run(board, full, ("program %s verify exit" % path,), bank=second).failed(said)
    full.assert_as_expected()


def test_an_image_for_the_internal_flash_alone_needs_no_chip(board, tmp_path):
    path = elf(tmp_path / "app.elf", (INTERNAL, pause_app()))
    Run(board, None, ("program %s verify reset exit" % path,), chips=()).ok()


@pytest.mark.parametrize("name, pins, before", [
    ("cmspi-sim-stm32f407", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6", ()),
    ("cmspi-stm32f407ve-black", "cs=PB0,clk=PB3,mosi=PB5,miso=PB4",
     ("-f", "interface/stlink-dap.cfg", "-c", "transport select dapdirect_swd")),
])
def test_board_files(board, full, tmp_path, name, pins, before):
    path, segments = image_with_gaps(tmp_path / "app.elf")
    expect_segments(full, segments)
    one = board(chips=(("W25Q64JV-Q", pins),), images=(full.path,))
    port = ("-c", "set CMSPI_SIM_PORT %d" % one.port)
    if before:
        port = ("-c", "st-link backend tcp %d" % one.port)
    done = subprocess.run([OPENOCD, *QUIET_PORTS, *before, *port, "-f", "board/%s.cfg" % name,
                           "-c", "program %s verify reset exit" % path],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    assert not one.stop()["sins"]
    full.assert_as_expected()
