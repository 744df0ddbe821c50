# SPDX-License-Identifier: GPL-2.0-or-later

"""Every family of tcl/cmspi against a simulated MCU whose registers come from
manuals and SVD files (testing/simboard/data): a wrong number on one side shows.

For each: four pins on ports whose gates differ, also such with a supply gate;
probe, erase, program, verify; registers as found; the watchdog kicked; the core
clock after reset, after a PLL was set up by hand, after the stock target file's
reset-init, after -boost."""

import json
import re
import subprocess
from collections import namedtuple

import pytest

from conftest import ROOT
from flashlib import SMALL_BYTES, file_of, noise, pause_app, small_chip

ROWS = ROOT / "testing/simboard/data"
# the tree's own files, also those that the last build did not know
SCRIPTS = ["-s", str(ROOT / "tcl")]

# mcu: row of the simulator. target: stock target file, or the name of a bare
# Cortex-M target that is made here, because 0.12.0 has none for it.
# pins: cs clk mosi miso. pll: register writes that select a PLL, in this order,
# worked out with the manual; khz: what the core then runs at.
Family = namedtuple("Family", "mcu target pins pll khz")

F0_PLL = {"CFGR2": 1, "CFGR": 0x00150002}          # 8 MHz HSE / 2 * 7 = 28
F4_PLL = {"PLLCFGR": 0x07405408, "CFGR": 0x9402}   # 8 MHz HSE / 8 * 336 / 2 = 168
L_PLL = {"CFGR": 0x00440003}                       # 16 MHz HSI * 4 / 2 = 32
L4_PLL = {"PLLCFGR": 0x01002801, "CFGR": 3}        # 4 MHz MSI / 1 * 40 / 2 = 80
H7_PLL = {"PLLCKSELR": 0x12, "PLL1DIVR": 0x277}    # 8 MHz HSE / 1 * 120 / 2 = 480

FAMILIES = {
    "stm32f0": Family("stm32f030", "stm32f0x.cfg", "PA4 PB3 PD2 PF0", F0_PLL, 28000),
    # JTAG's pins; 8 MHz HSE * 9 = 72
    "stm32f1": Family("stm32f103", "stm32f1x.cfg", "PA15 PB3 PC7 PG1", {"CFGR": 0x001d0002}, 72000),
    # 16 MHz HSI / 8 * 120 / 4 = 60
    "stm32f2": Family("stm32f207", "stm32f2x.cfg", "PA4 PB4 PF9 PI8",
                      {"PLLCFGR": 0x00011e08, "CFGR": 2}, 60000),
    "stm32f3": Family("stm32f303", "stm32f3x.cfg", "PA4 PB3 PG1 PH1", F0_PLL, 28000),
    "stm32f4": Family("stm32f407", "stm32f4x.cfg", "PA15 PB4 PG2 PI1", F4_PLL, 168000),
    "stm32f7": Family("stm32f746", "stm32f7x.cfg", "PA15 PB4 PJ7 PK3", F4_PLL, 168000),
    # 16 MHz HSI / 1 * 8 / 2 = 64
    "stm32g0": Family("stm32g071", "stm32g0x.cfg", "PA15 PB3 PD2 PF1",
                      {"PLLCFGR": 0x20000802, "CFGR": 2}, 64000),
    # 16 MHz HSI / 4 * 85 / 2 = 170
    "stm32g4": Family("stm32g474", "stm32g4x.cfg", "PA15 PB4 PE2 PG3",
                      {"PLLCFGR": 0x01005532, "CFGR": 3}, 170000),
    # no PLL: 48 MHz HSI48 / 2
    "stm32c0": Family("stm32c031", "stm32c0x", "PA4 PB3 PD2 PF1", {"CR": 0x0d00}, 24000),
    # 4 MHz MSI / 1 * 28 / 2 = 56
    "stm32u0": Family("stm32u083", "stm32u0x", "PA15 PB4 PE7 PF2",
                      {"PLLCFGR": 0x30001c01, "CFGR": 3}, 56000),
    "stm32l0": Family("stm32l073", "stm32l0.cfg", "PA15 PB3 PE2 PH0", L_PLL, 32000),
    "stm32l1": Family("stm32l152", "stm32l1.cfg", "PA15 PF4 PG3 PH1", L_PLL, 32000),
    "stm32l4": Family("stm32l476", "stm32l4x.cfg", "PG2 PB4 PG15 PH1", L4_PLL, 80000),
    # 4 MHz MSI / 1 * 60 / 2 = 120
    "stm32l4plus": Family("stm32l4r9", "stm32l4x.cfg", "PG2 PB4 PI3 PG9",
                          {"PLLCFGR": 0x01003c01, "CFGR": 3}, 120000),
    # 16 MHz HSI / 10 * 100 / 2 = 80: four bits of PLLM
    "stm32l5": Family("stm32l552", "stm32l5x.cfg", "PA15 PB4 PG5 PH1",
                      {"PLLCFGR": 0x01006492, "CFGR": 3}, 80000),
    # 4 MHz MSI / 1 * 80 / 2 = 160
    "stm32u5": Family("stm32u575", "stm32u5x.cfg", "PA15 PG2 PI3 PJ4",
                      {"PLL1CFGR": 1, "PLL1DIVR": 0x0101024f, "CFGR1": 3}, 160000),
    # 4 MHz CSI / 2 * 125 / 1 = 250
    "stm32h5": Family("stm32h563", "stm32h5x", "PA15 PB4 PH6 PI3",
                      {"PLL1CFGR": 0x202, "PLL1DIVR": 0x0101007c, "CFGR1": 3}, 250000),
    # D1CPRE halves
    "stm32h7": Family("stm32h743", "stm32h7x.cfg", "PA15 PB4 PJ7 PK3",
                      dict(H7_PLL, D1CFGR=0x800, CFGR=3), 240000),
    # 4 MHz CSI / 1 * 70 / 1 = 280
    "stm32h7ab": Family("stm32h7a3", "stm32h7x.cfg", "PA15 PB4 PJ7 PK3",
                        {"PLLCKSELR": 0x11, "PLL1DIVR": 0x45, "CFGR": 3}, 280000),
    "stm32h7rs": Family("stm32h7s7", "stm32h7rsx", "PO1 PN2 PP5 PA6",
                        {"PLLCKSELR": 0x12, "PLL1DIVR1": 0x277, "CDCFGR": 8, "CFGR": 3}, 240000),
    # 32 MHz HSE / 2 / 4 * 32 / 2 = 64; on WL the AHB then runs at a third
    "stm32wb": Family("stm32wb55", "stm32wbx.cfg", "PA15 PB4 PE2 PH0",
                      {"CR": 0x00110061, "PLLCFGR": 0x30002033, "CFGR": 3}, 64000),
    "stm32wl": Family("stm32wl55", "stm32wlx.cfg", "PA15 PB4 PC5 PH3",
                      {"CR": 0x00110061, "PLLCFGR": 0x30002033, "CFGR": 0x13}, 21334),
    # 32 MHz HSE / 2 / 4 * 50 / 2 = 100
    "stm32wba": Family("stm32wba55", "stm32wba5x", "PA15 PB4 PC14 PH3",
                       {"CR": 0x00110500, "PLL1CFGR": 0x00040303, "PLL1DIVR": 0x01000031,
                        "CFGR1": 3}, 100000),
    # 8 MHz HXTAL / 2 * 27: the factor's high bit is elsewhere
    "gd32f10x": Family("gd32f103", "stm32f1x.cfg", "PA15 PB3 PE2 PG5", {"CFG": 0x082b0002}, 108000),
    "gd32f30x": Family("gd32f303", "stm32f1x.cfg", "PA15 PB3 PE2 PG5", {"CFG": 0x082b0002}, 108000),
    # 8 MHz HXTAL / 2 * 42
    "gd32f403": Family("gd32f403", "gd32f403", "PA15 PB3 PE2 PG5",
                       {"CFG1": 1, "CFG": 0x40250002}, 168000),
    # 8 MHz HXTAL / 2 * 30
    "gd32e10x": Family("gd32e103", "gd32e10x", "PA15 PB3 PD2 PE3",
                       {"CFG1": 1, "CFG": 0x20350002}, 120000),
    # 8 MHz HXTAL / 2 * 18
    "gd32f1x0": Family("gd32f150", "gd32f1x0", "PA4 PB3 PD2 PF6",
                       {"CFG1": 1, "CFG": 0x08050002}, 72000),
    "gd32e23x": Family("gd32e230", "gd32e23x.cfg", "PA4 PB3 PC13 PF6",
                       {"CFG1": 1, "CFG": 0x08050002}, 72000),
    # 8 MHz HXTAL / 2 * 27
    "gd32f3x0": Family("gd32f350", "gd32f3x0", "PA4 PB3 PD2 PF6",
                       {"CFG1": 1, "CFG": 0x08290002}, 108000),
    # 8 MHz HXTAL / 8 * 400 / 2
    "gd32f4xx": Family("gd32f450", "gd32f4xx", "PA15 PB4 PH2 PI3",
                       {"PLL": 0x07406408, "CFG": 2}, 200000),
    # 8 MHz HEXT * 25; / (2 + 2) * 60 where the divider has a field of its own
    "at32f403": Family("at32f403", "at32f403", "PA15 PB3 PE2 PG5", {"CFG": 0xa0210002}, 200000),
    "at32f403a_407": Family("at32f403a", "at32f403a", "PA15 PB3 PD2 PE3",
                            {"MISC3": 0x2000, "CFG": 0xe02f0002}, 120000),
    "at32f413": Family("at32f413", "at32f413", "PA15 PB3 PD2 PF6", {"CFG": 0xa0210002}, 200000),
    # 8 MHz HEXT * 15
    "at32f421_425": Family("at32f421", "at32f421", "PA4 PB3 PC13 PF6", {"CFG": 0x00350002}, 120000),
    # 8 MHz HEXT * 144 / (1 * 4)
    "at32f435_437": Family("at32f435", "at32f435", "PA15 PB4 PG2 PH3",
                           {"PLLCFG": 0x00422401, "CFG": 2}, 288000),
    # 8 MHz HEXT * 108 / (1 * 4)
    "at32f402_405": Family("at32f405", "at32f405", "PA15 PB4 PD2 PF6",
                           {"PLLCFG": 0x40021b01, "CFG": 2}, 216000),
}

BARE_TARGET = """swd newdap {0} cpu -expected-id 0
dap create {0}.dap -chain-position {0}.cpu
target create {0}.{1} cortex_m -dap {0}.dap
{0}.{1} configure -work-area-phys 0x20000000 -work-area-size 0x1000
cortex_m reset_config sysresetreq
adapter speed 4000
"""
# stock target files whose target is not NAME.cpu
CPU0 = ("stm32h7x", "stm32wlx", "stm32h7rsx")
OFFSET = 0x1234
# stands for the command that tells the core clock
KHZ = "KHZ"


def row(kind, name):
    """A row of the simulator, with what it takes over from others."""
    own = json.loads((ROWS / kind / (name + ".json")).read_text())
    return {**row(kind, own.pop("like")), **own} if "like" in own else own


def number(value):
    return int(value, 0) if isinstance(value, str) else value


def blocks_with_gates(mcu):
    """What must be found as it was: (address, words) of RCC and PWR."""
    blocks = [mcu["rcc"]] + [b for b in mcu["blocks"] if b["name"] == "PWR"]
    return [(number(b["base"]), 1 + max(number(r["offset"]) for r in b["registers"]) // 4)
            for b in blocks if "registers" in b]


def look(mcu):
    return "echo \"REGS %s\"" % " ".join("[mdw 0x%x %d]" % b for b in blocks_with_gates(mcu))


def pll_writes(mcu, pll):
    rcc = mcu["rcc"]
    offsets = {r["name"]: number(r["offset"]) for r in rcc["registers"]}
    return ["mww 0x%x 0x%x" % (number(rcc["base"]) + offsets[name], value)
            for name, value in pll.items()]


def assert_ports_as_after_reset(mcu, report):
    gpio = row("gpio", mcu["gpio"])
    for port in gpio["ports"]:
        for reg in gpio["registers"]:
            if reg["kind"] != "input":
                wanted = number(port.get("reset", {}).get(reg["name"], reg.get("reset", 0)))
                found = int(report["gpio"]["ports"][port["name"]][reg["name"]], 0)
                assert found == wanted, "port %s, %s: 0x%08x" % (port["name"], reg["name"], found)


def target_args(family, tmp_path):
    """OpenOCD's arguments that make the target, and the target's name."""
    chip = family.target.replace(".cfg", "")
    name = chip + (".cpu0" if chip in CPU0 else ".cpu")
    if family.target.endswith(".cfg"):
        return ["-f", "target/" + family.target], name
    config = file_of(tmp_path / "target.cfg", BARE_TARGET.format(*name.split(".")).encode())
    return ["-f", config], name


def run(make_board, tmp_path, name, *commands, before=b"", options=""):
    """A bank of the family's on a fresh board. Returns what OpenOCD said, the
    report and the chip's image."""
    family = FAMILIES[name]
    image = file_of(tmp_path / "chip.bin", before or noise(SMALL_BYTES, 2))
    # something to be reset into
    flash = file_of(tmp_path / "flash.bin", pause_app())
    args, target = target_args(family, tmp_path)
    pins = dict(zip(("cs", "clk", "mosi", "miso"), family.pins.split()))
    b = make_board(mcu=family.mcu, images=(image,), extra=("--flash-image", flash), chips=(
        (small_chip(tmp_path), ",".join("%s=%s" % p for p in pins.items())),))
    khz = "echo KHZ=[cmspi_core_khz %s %s 8000]" % (target, name)
    for command in ("source [find cmspi.tcl]; cmspi_bank ext 0x90000000 %s -family %s %s %s" % (
            target, name, " ".join("-%s %s" % p for p in pins.items()), options), *commands,
            "shutdown"):
        args += ["-c", khz if command == KHZ else command]
    code, out = b.run(*SCRIPTS, *args, target="")
    report = b.stop()
    assert code == 0, out
    assert report["sins"] == {}, report["sin_log"]
    return out, report, image


def khz_said(out):
    return [int(khz) for khz in re.findall(r"^KHZ=(\d+)$", out, re.MULTILINE)]


def assert_khz(khz, hz):
    """A kHz more where it is not whole, so that SCK is not too fast."""
    assert hz / 1000 <= khz < hz / 1000 + 1


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_all_ports_are_where_the_simulator_has_them(name):
    """Also those that no bank of these tests is on: base and clock gate, by
    'gpio_conf --show'; and no pin that the simulator has not."""
    done = subprocess.run([ROOT / "contrib/gpio_conf/gpio_conf", "--show", name],
                          stdout=subprocess.PIPE, timeout=60, check=True)
    rows = re.findall(r"^([A-Z]) +(0x\w+) +(0x\w+) +(0x\w+) bit (\d+)$", done.stdout.decode(),
                      re.MULTILINE)
    simulated = {port["name"]: port for port in
                 row("gpio", row("mcu", FAMILIES[name].mcu)["gpio"])["ports"]}
    compared = 0
    for letter, *numbers in rows:
        base, pins, gate, bit = (int(number, 0) for number in numbers)
        port = simulated.get(letter)
        if port:
            compared += 1
            assert (base, gate, bit) == (number(port["base"]), number(port["clock"]["addr"]),
                                         port["clock"]["bit"]), letter
            assert pins & ~number(port.get("pins", 0xffff)) == 0, letter
    # the part has no more ports than its family, and a simulated family has three at least
    assert compared >= 3 and set(simulated) <= {letter for letter, *_ in rows}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_family(board, tmp_path, name):
    family = FAMILIES[name]
    mcu = row("mcu", family.mcu)
    data = noise(600, 1)
    before = noise(SMALL_BYTES, 2)
    content = file_of(tmp_path / "data.bin", data)
    out, report, image = run(
        board, tmp_path, name, "init; reset halt", look(mcu), "flash probe ext", look(mcu),
        "flash erase_sector ext 1 1", look(mcu),
        "flash write_bank ext %s 0x%x" % (content, OFFSET), look(mcu),
        "flash verify_bank ext %s 0x%x" % (content, OFFSET), look(mcu),
        KHZ, *pll_writes(mcu, family.pll), KHZ, before=before)
    assert image.read_bytes() == (before[:0x1000] + b"\xff" * (OFFSET - 0x1000) + data
                                  + b"\xff" * (0x2000 - OFFSET - len(data)) + before[0x2000:])
    seen = re.findall(r"^REGS (.*?)\n\n", out, re.DOTALL | re.MULTILINE)
    assert len(seen) == 5 and len(set(seen)) == 1, out
    assert_ports_as_after_reset(mcu, report)
    assert report["watchdog"]["kicks"] > 0
    after_reset, with_pll = khz_said(out)
    assert_khz(after_reset, report["rcc"]["core_hz_after_reset"])
    assert with_pll == family.khz
    assert_khz(with_pll, report["time"]["core_hz"])


# GD32s that borrow a target file have another internal flash than it thinks
STOCK = sorted(name for name, family in FAMILIES.items()
               if family.target.endswith(".cfg") and name.startswith("stm32"))


@pytest.mark.parametrize("name", STOCK)
def test_after_stock_reset_init(board, tmp_path, name):
    """What the stock target file makes of the clock is read, and the chip programmed
    at that speed; the internal flash is found beside it."""
    part = file_of(tmp_path / "part.bin", noise(3000, 4))
    out, report, _ = run(
        board, tmp_path, name, "init; reset init",
        "flash write_image erase %s 0x90001000 bin" % part,
        "verify_image %s 0x90001000 bin" % part, KHZ)
    assert "verified 3000 bytes" in out, out
    if name == "stm32wb":
        # reset-init of 0.12.0 writes an MSI range that does not exist; RM0434 says that
        # a part refuses it, the simulator keeps it
        assert khz_said(out) == [0]
    else:
        assert_khz(*khz_said(out), report["time"]["core_hz"])


@pytest.mark.parametrize("name, khz", [
    ("stm32f1", 24000), ("stm32f2", 60000), ("stm32g4", 64000), ("stm32c0", 48000),
    ("stm32u0", 24000), ("gd32e23x", 24000)])
def test_boost(board, tmp_path, name, khz):
    out, report, _ = run(board, tmp_path, name, "init; reset init", "flash probe ext", KHZ,
                         options="-boost")
    assert khz_said(out) == [khz]
    assert_khz(khz, report["time"]["core_hz"])
