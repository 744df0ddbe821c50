# SPDX-License-Identifier: GPL-2.0-or-later

"""The executor that writes GPIO registers over the debug link: taken when the
work area is too small for the stub, or by `cmspi cmd bank -gpio`. The same
operations as through the stub, on little data, because each bit costs three
accesses; with the adapter's queue (dapdirect_swd) and without (hla_swd)."""

import re

import pytest

from conftest import PINS
from flashlib import (BANK, BASE, CHIP_BYTES, SECTOR_BYTES, SMALL_BYTES, Chip, file_of, noise,
                      session, small_chip)

TARGET = "stm32f4x.cpu"
NO_WORK_AREA = TARGET + " configure -work-area-size 0"
SLOW = "too small for the stub"

both_transports = pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


@pytest.fixture
def blank(tmp_path):
    return Chip(tmp_path / "chip.bin")


def run(make_board, chip, *commands, transport="dapdirect_swd", prepare=NO_WORK_AREA, bank=BANK,
        **options):
    """One session after a reset. Returns (exit code, output, report)."""
    options.setdefault("images", (chip.path,) if chip else ())
    board = make_board(**options)
    args = ["-c", bank, "-c", prepare]
    for command in session(*commands):
        args += ["-c", command]
    code, out = board.run(*args, transport=transport)
    return code, out, board.stop()


def run_ok(*args, **options):
    code, out, report = run(*args, **options)
    assert code == 0, out
    assert report["sins"] == {}, report["sin_log"]
    return out, report


# ---- the same operations as through the stub -----------------------------------

@both_transports
def test_probe_finds_the_chip(board, full, transport):
    out, _ = run_ok(board, full, "flash probe ext", "echo [flash info ext]", transport=transport)
    assert "flash 'cmspi' found at 0x90000000" in out
    assert re.search(r"ID ef 40 17", out) and "8192 KiB" in out


SPANS = [(0, 1), (0xff, 2), (0x1001, 255), (0x20fd, 7)]


@both_transports
def test_erase_write_read_and_verify(board, full, tmp_path, transport):
    commands = ["flash erase_sector ext 0 2"]
    full.erase(0, 3 * SECTOR_BYTES)
    for offset, count in SPANS:
        data = noise(count, seed=offset)
        full.write(offset, data)
        path = file_of(tmp_path / ("%x.bin" % offset), data)
        commands += ["flash write_bank ext %s 0x%x" % (path, offset),
                     "flash verify_bank ext %s 0x%x" % (path, offset),
                     "flash read_bank ext %s.back 0x%x %d" % (path, offset, count)]
    run_ok(board, full, *commands, transport=transport)
    full.assert_as_expected()
    for offset, _ in SPANS:
        path = tmp_path / ("%x.bin" % offset)
        assert (tmp_path / (path.name + ".back")).read_bytes() == path.read_bytes()


def test_a_write_across_pages_and_sectors(board, full, tmp_path):
    data = noise(2 * SECTOR_BYTES + 301, 2)
    full.erase(0x7000, 4 * SECTOR_BYTES)
    full.write(0x7ffd, data)
    path = file_of(tmp_path / "data.bin", data)
    run_ok(board, full, "flash erase_sector ext 7 10", "flash write_bank ext %s 0x7ffd" % path,
           "flash verify_bank ext %s 0x7ffd" % path, probe="stlink-v3")
    full.assert_as_expected()


@pytest.mark.parametrize("flip", [None, 0, 150, 299])
def test_verify_sees_one_wrong_bit(board, full, tmp_path, flip):
    data = bytearray(full.expected[0x1235:0x1235 + 300])
    if flip is not None:
        data[flip] ^= 1
    path = file_of(tmp_path / "data.bin", data)
    for command in ("flash verify_bank ext %s 0x1235", "verify_image %s 0x90001235 bin"):
        code, out, report = run(board, full, command % path, probe="stlink-v3")
        assert (code == 0) == (flip is None), out
        assert report["sins"] == {}


@both_transports
def test_the_window_is_readable(board, full, transport):
    out, _ = run_ok(board, full, "echo [mdb 0x90000101 3]", transport=transport)
    assert " ".join("%02x" % b for b in full.expected[0x101:0x104]) in out


def test_mass_erase_and_blank_check_of_a_small_chip(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 3))
    chip.erase(0, SMALL_BYTES)
    data = noise(5, 4)
    chip.write(0x1ffff, data)
    out, _ = run_ok(board, chip, "cmspi mass_erase ext",
                    "flash write_bank ext %s 0x1ffff" % file_of(tmp_path / "five.bin", data),
                    "flash erase_check ext", "echo [flash info ext sectors]",
                    chips=((small_chip(tmp_path), PINS),), probe="stlink-v3", idle_scale=20)
    chip.assert_as_expected()
    assert re.findall(r"#\s*(\d+): .* not erased", out) == ["31", "32"]
    assert "#  0:" in out and "erase state unknown" not in out


# ---- raw commands --------------------------------------------------------------

@both_transports
def test_cmd_by_registers_says_the_same_as_by_the_stub(board, full, transport):
    commands = ("3 0x9f", "1 0x05", "8 0x03 0 0x12 0x34", "16 0x5a 0 0 0 0")
    out, _ = run_ok(board, full, *[
        "echo RAW=[cmspi cmd ext %s]" % (option + c) for c in commands
        for option in ("", "-gpio ")], transport=transport, prepare="")
    said = re.findall(r"^RAW=(.*)$", out, re.MULTILINE)
    assert said[0::2] == said[1::2] and len(said) == 8
    assert said[0] == "ef 40 17"
    assert said[4] == full.expected[0x1234:0x123c].hex(" ")
    assert SLOW not in out, "who asks for it knows it"


def test_cmd_by_registers_writes(board, full):
    full.erase(SECTOR_BYTES, SECTOR_BYTES)
    run_ok(board, full, "cmspi cmd ext -gpio 0 0x06", "cmspi cmd ext -gpio 0 0x20 0 0x10 0",
           "sleep 500", prepare="")
    full.assert_as_expected()


@pytest.mark.parametrize("arguments, word", [
    ("ext -gpio", "-gpio"), ("ext -gpio 1", "-gpio"), ("ext -gpio x 0x9f", "'x'"),
    ("ext -gpio 3 0x100", "0x100"), ("nobank -gpio 3 0x9f", "nobank")])
def test_cmd_by_registers_refuses_nonsense(board, full, arguments, word):
    code, out, report = run(board, full, "cmspi cmd " + arguments, prepare="")
    assert code != 0 and word in out, out
    assert not report["chips"][0]["num_commands"]


# The port described as one that has nothing but its output register: each store
# is to all of its pins. MOSI on a port of its own in the second.
PLAIN = ("source [find cmspi.tcl]; flash bank {*}[string map {set_clear_word plain} "
         "[cmspi_bank_words ext 0x90000000 stm32f4x.cpu stm32f4 {%s}]]")


@both_transports
@pytest.mark.parametrize("pins", ["-cs PA4 -clk PA5 -mosi PA7 -miso PA6",
                                  "-cs PB1 -clk PA5 -mosi PB5 -miso PB4"])
def test_a_port_with_a_plain_output_register(board, full, tmp_path, transport, pins):
    data = noise(20, 8)
    path = file_of(tmp_path / "data.bin", data)
    full.erase(0x1000, SECTOR_BYTES)
    full.write(0x10f8, data)
    words = pins.replace("-", "").split()
    wires = ",".join("%s=%s" % pair for pair in zip(words[::2], words[1::2]))
    # outputs of the application on both ports: PA0, PA15, PB0, PB15; their levels
    out, _ = run_ok(
        board, full, "mww 0x40023830 0x00100003", "mww 0x40020000 0x68000001",
        "mww 0x40020014 0x00008000", "mww 0x40020400 0x40000281", "mww 0x40020414 0x00008000",
        "flash erase_sector ext 1 1", "flash write_bank ext %s 0x10f8" % path,
        "flash verify_bank ext %s 0x10f8" % path,
        "echo B=[read_memory 0x40020014 32 1],[read_memory 0x40020414 32 1]",
        transport=transport, bank=PLAIN % pins, chips=(("W25Q64JV-Q", wires),))
    full.assert_as_expected()
    assert "B=0x8000,0x8000" in out


# ---- when it is taken, and what is said ----------------------------------------

@pytest.mark.parametrize("size_bytes", [0, 256, 512])
def test_too_little_work_area_is_said_once(board, full, size_bytes):
    out, _ = run_ok(board, full, "flash probe ext", "echo [mdb 0x90000101 1]", "flash probe ext",
                    prepare="%s configure -work-area-size %d" % (TARGET, size_bytes))
    said = [line for line in out.splitlines() if SLOW in line]
    assert len(said) == 1 and said[0].startswith("Warn"), out
    assert "-work-area-size" in said[0] and str(size_bytes) in said[0]
    assert "Error: [stm32f4x.cpu] work area" not in out


def test_the_stub_is_taken_when_it_fits(board, full):
    out, report = run_ok(board, full, "flash probe ext", prepare="")
    assert SLOW not in out
    assert report["core"]["cycles"] > 0


def test_no_instruction_runs(board, full):
    _, report = run_ok(board, full, "flash probe ext", "flash erase_sector ext 1 1")
    assert report["core"]["instructions"] == 0


@both_transports
def test_reads_on_two_lines_go_on_without_the_work_area(board, full, tmp_path, transport):
    out, report = run_ok(
        board, full, "flash read_bank ext %s 0 4096" % (tmp_path / "stub"), NO_WORK_AREA,
        "flash read_bank ext %s 0x1001 301" % (tmp_path / "gpio"), transport=transport, prepare="")
    assert SLOW in out
    assert (tmp_path / "gpio").read_bytes() == full.expected[0x1001:0x1001 + 301]
    reads = [one for one in report["chips"][0]["log"] if one.get("address") == 0x1001]
    assert [(one["opcode"], one["out"]) for one in reads] == [("3B", 301)]


# ---- trouble -------------------------------------------------------------------

# The set-up list leaves the direction of PA6 alone, and the clock of GPIOA is on
BARE = ("flash bank ext cmspi 0x90000000 0 0 0 stm32f4x.cpu "
        "-port {A kind set_clear_word out 0x40020014 in 0x40020010 set 0x40020018 clear_shift 16} "
        "-cs {PA4 A 4} -clk {PA5 A 5} -mosi {PA7 A 7} "
        "-miso {PA6 A 6 in {{0x40020000 0x3000 0}} out {{0x40020000 0x3000 0x1000}}} "
        "-setup {{0x40020014 0xb0 0x10} {0x40020000 0xcf00 0x4500}} -core-khz 16000")
SWEEP = """
proc sweep {step} {
	catch {flash probe ext}
	set first [read_memory 0x5ffff018 32 1]
	catch {flash probe ext}
	set count [expr {[read_memory 0x5ffff018 32 1] - $first}]
	# most of the rest is the stub's
	for {set n [expr {$count / 3}]} {$n < $count * 3 / 5} {incr n $step} {
		catch {flash probe ext}
		write_memory 0x5ffff000 32 $n
		catch {flash probe ext}
		catch {write_memory 0x5ffff000 32 0}
		for {set i 0} {$i < 5 && [stm32f4x.cpu curstate] ne "halted"} {incr i} {
			catch {halt}
			catch {poll}
		}
		echo "PA=[read_memory 0x40020000 32 1],[read_memory 0x40020014 32 1]"
	}
}
"""


def test_miso_is_an_input_again_whatever_fails(board, tmp_path):
    """Nobody answers, so all ways to wake a chip are tried, frames on four lines among
    them, which need MISO as an output."""
    out, _ = run_ok(board, None, "poll off", "mww 0x40023830 0x00100001", SWEEP, "sweep 5",
                    chips=(), prepare="", bank=BARE, extra=("--control",))
    found = re.findall("^PA=(.*)$", out, re.MULTILINE)
    assert len(found) > 50 and set(found) == {"0xa8000000,0x0"}
    assert re.search("debug link failed in step [12] of 3, opcode (FF|F5|66|99)h", out), \
        "no fault struck where MISO is an output"


def test_an_empty_socket_is_an_error(board):
    code, out, report = run(board, None, "flash probe ext", chips=())
    assert code != 0 and "no chip" in out and not report["sins"]


@pytest.mark.parametrize("fault, operation, words", [
    ("stuck_wip", "flash erase_sector ext 2 2", "erase at 0x90002000 still busy"),
    ("stuck_wip", "flash write_bank ext {data} 0x2010", "program at 0x90002010 still busy"),
    ("wel_ignored", "flash erase_sector ext 2 2", "ignores write enable"),
    ("wel_ignored", "flash write_bank ext {data} 0x2000", "ignores write enable"),
    ("ignore_opcode:op=0x20", "flash erase_sector ext 2 2", "was refused"),
])
def test_a_chip_that_disobeys_is_an_error(board, full, tmp_path, fault, operation, words):
    data = file_of(tmp_path / "data.bin", noise(40, 5))
    code, out, _ = run(board, full, operation.format(data=data), faults=(fault,),
                       probe="stlink-v3")
    assert code != 0 and words in out, out


def test_a_running_target_is_refused_and_keeps_running(board, full):
    code, out, report = run(board, full, "mww 0x2001f000 0xe7fee7fe", "resume 0x2001f000",
                            "catch {cmspi cmd ext -gpio 3 0x9f}", "echo STATE=[%s curstate]" % TARGET)
    assert code == 0 and "needs a halted target" in out and "STATE=running" in out, out
    assert not report["chips"][0]["num_commands"]


# ---- as found ------------------------------------------------------------------

# all of RCC; GPIOA without IDR (RM0090 rev. 19, 7.3.24, 8.4)
REGISTERS = ("mdw 0x40023800 36", "mdw 0x40020000 4", "mdw 0x40020014 1", "mdw 0x40020020 2")
LOOK = "echo \"REGS %s\"" % " ".join("[%s]" % r for r in REGISTERS)


@both_transports
@pytest.mark.parametrize("setup", [
    (),
    # an application that has its clock on, PA5 as SPI1_SCK, PA4 high, PA15 as output
    ("mww 0x40023830 0x00100005", "mww 0x40020000 0x68000900", "mww 0x40020020 0x00500000",
     "mww 0x40020018 0x00008010"),
], ids=["after_reset", "pins_in_use"])
def test_pins_and_clocks_are_left_as_found(board, full, tmp_path, setup, transport):
    data = noise(9, 6)
    path = file_of(tmp_path / "data.bin", data)
    full.erase(0x2000, SECTOR_BYTES)
    full.write(0x2000, data)
    out, report = run_ok(
        board, full, *setup, LOOK, "flash probe ext", LOOK, "flash erase_sector ext 2 2", LOOK,
        "flash write_bank ext %s 0x2000" % path, LOOK, "flash verify_bank ext %s 0x2000" % path,
        LOOK, "catch {cmspi cmd ext -gpio 3 0x9f}", LOOK, transport=transport)
    seen = re.findall(r"REGS (.*?)(?=\n\n|\Z)", out, re.DOTALL)
    assert len(seen) == 6 and len({s.strip() for s in seen}) == 1, out
    assert set(report["gpio"]["pins_written"]) <= {"PA4", "PA5", "PA6", "PA7"} or setup
    full.assert_as_expected()


# ---- what it costs -------------------------------------------------------------

def requests(make_board, chip, command, **options):
    _, report = run_ok(make_board, chip, command, idle_scale=0, **options)
    return report["probe"]["requests"]


@pytest.mark.parametrize("probe, transport, few, many, most", [
    # A byte is 24 accesses: 16 writes of two items each and 8 reads of one. A
    # mixed request pair takes 64 items (V2) or 1227 (V3), one of them the AP's
    # number: 1.27 and 0.065 requests a byte, and each run looks at CTRL/STAT.
    ("stlink-v2", "dapdirect_swd", 60, 1260, 1.33),
    ("stlink-v3", "dapdirect_swd", 60, 1260, 0.085),
    # no queue: each access is a request, and asks for its status by another
    ("stlink-v2", "hla_swd", 60, 300, 48.1),
    # longer reads go on two lines: half of it
    ("stlink-v2", "dapdirect_swd", 2400, 4800, 0.665),
    ("stlink-v3", "dapdirect_swd", 2400, 4800, 0.0425),
])
def test_requests_a_byte_read(board, full, tmp_path, probe, transport, few, many, most):
    counts = [requests(board, full, "flash read_bank ext %s 0x123 %d" % (tmp_path / "out", n),
                       probe=probe, transport=transport) for n in (few, many)]
    per_byte = (counts[1] - counts[0]) / (many - few)
    assert 0.9 * most < per_byte <= most


def test_requests_a_byte_sent(board, full):
    """Stores to one register travel as a block: 1536 of them, 96 bytes, are a
    request for the words, one for its status and one for CTRL/STAT."""
    counts = [requests(board, full, "cmspi cmd ext -gpio 0 0x03 0 0 0" + n * " 0x5a", prepare="")
              for n in (20, 20 + 192)]
    assert counts[1] - counts[0] <= 6


def test_max_khz_is_obeyed(board, full):
    """Extra accesses stretch the clock where even this is too fast."""
    counts = [requests(board, full, "cmspi cmd ext -gpio 0 0x9f", prepare="",
                       bank=BANK + " -max-khz %d" % khz) for khz in (1000, 50)]
    assert counts[1] > counts[0]
