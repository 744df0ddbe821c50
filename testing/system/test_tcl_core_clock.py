# SPDX-License-Identifier: GPL-2.0-or-later

"""Every family's clock tree of tcl/cmspi against the simulator's, which comes from
manuals: what the core clock is under random words in the clock registers, so under
every oscillator, factor and divider that both know."""

import random
import shutil
import subprocess

import pytest

from conftest import ROOT
from test_families import FAMILIES, number, row

WORDS = 150
# Bits that are there on other parts of the family than the simulated one, or that stand
# for a fraction of a factor, which the data round up: they read 0 here
ABSENT = {
    "stm32f0": {"CFGR": 0x8000}, "stm32f3": {"CFGR": 0x8000},  # PLLSRC, lower bit
    "stm32l4": {"PLLCFGR": 0x80},                              # PLLM, highest bit
    "stm32h7": {"PLLCFGR": 1}, "stm32h7ab": {"PLLCFGR": 1}, "stm32h7rs": {"PLLCFGR": 1},
    "stm32h5": {"PLL1CFGR": 0x10}, "stm32u5": {"PLL1CFGR": 0x10},
    # factors of 33 and up; IRC48M before the PLL; all of CFG1 is a CL's
    "gd32f30x": {"CFG": 0x40000000, "CFG1": 0xffffffff}, "gd32f3x0": {"CFG1": 0xc0000000},
    "at32f421_425": {"PLL": 0x80000000},                       # a PLL without multiplier
}
# what reads random registers, on a target of the Tcl tests' harness
READER = """proc board.cpu {command addr args} {
	set addr [format 0x%08x $addr]
	return [expr {[dict exists $::registers $addr] ? [dict get $::registers $addr] : 0}]
}
"""


class Registers:
    """Random words of a clock controller, its status fields as what they follow."""

    def __init__(self, rcc, absent, seed):
        rand = random.Random(seed)
        self.rcc = rcc
        self.words = {reg["name"]: rand.getrandbits(32) & ~absent.get(reg["name"], 0)
                      for reg in rcc["registers"]}
        for asked, (name, low, bits) in rcc.get("status", []):
            mask = ((1 << bits) - 1) << low
            self.words[name] = self.words[name] & ~mask | self.field(asked) << low

    def field(self, place):
        name, low, bits = place
        return self.words[name] >> low & ((1 << bits) - 1)

    def factor(self, factor):
        if isinstance(factor, int):
            return factor
        value = self.field(factor["field"])
        if "high" in factor:
            value |= self.field(factor["high"]) << factor["field"][2]
        if "values" in factor:
            return dict(enumerate(factor["values"])).get(value, 0)
        return 1 << value if factor.get("power") else value + factor.get("plus", 0)

    def hz(self, clock):
        """As rcc.c of the simulator; 0: no clock."""
        if isinstance(clock, int):
            return clock
        if isinstance(clock, str):
            return self.hz(self.rcc["clocks"][clock])
        if "select" in clock:
            hz = self.hz(dict(enumerate(clock["of"])).get(self.field(clock["select"]), 0))
        else:
            hz = self.hz(clock["from"])
        for factor in clock.get("multiply", []):
            hz *= self.factor(factor)
        for factor in clock.get("divide", []):
            hz = hz / self.factor(factor) if self.factor(factor) else 0
        return hz

    def tcl(self):
        base = number(self.rcc["base"])
        return " ".join("0x%08x 0x%08x" % (base + number(reg["offset"]), self.words[reg["name"]])
                        for reg in self.rcc["registers"])


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_any_registers_give_the_simulators_clock(tmp_path, name):
    rcc = row("mcu", FAMILIES[name].mcu)["rcc"]
    cases = [Registers(rcc, ABSENT.get(name, {}), seed) for seed in range(WORDS)]
    (tmp_path / "cases.tcl").write_text(READER + "".join(
        "set ::registers {%s}; puts [cmspi_core_khz board.cpu %s 8000]\n" % (case.tcl(), name)
        for case in cases))
    shell = shutil.which("jimsh") or shutil.which("tclsh")
    done = subprocess.run([shell, ROOT / "testing/tcl/harness.tcl", tmp_path / "cases.tcl"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)
    khz = [int(line) for line in done.stdout.split()]
    both = 0
    for case, found in zip(cases, khz, strict=True):
        wanted = case.hz("core") / 1000
        # 0: unknown to the data, or not allowed to the simulator
        if found and wanted:
            # each division rounds up
            assert wanted <= found <= 1.004 * wanted + 2, case.words
            both += 1
    assert both > WORDS / 3
