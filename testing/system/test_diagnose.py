# SPDX-License-Identifier: GPL-2.0-or-later

"""'cmspi diagnose' on boards with one fault each: the sentence names the fault and
the change to make, the chip's contents stay, and so do the registers of the pins."""

import re

import pytest

from flashlib import BANK, CHIP_BYTES, Chip, Run, noise, session

WIRES = {"cs": "PA4", "clk": "PA5", "mosi": "PA7", "miso": "PA6"}
CHIP = "W25Q64JV-Q"

# RCC_AHB1ENR, all of GPIOA but IDR, and LCKR (RM0090 rev. 19, 7.3.10, 8.4)
LOOK = ("echo \"REGS [mdw 0x40023830][mdw 0x40020000 4][mdw 0x40020014][mdw 0x40020020 2]END\"")
# firmware that uses the pins: port on, PA4 to PA7 in all modes, slow, pulled, open-drain
FOUND = ("mww 0x40023830 0x00100001", "mww 0x40020000 0xa8001b00", "mww 0x40020004 0x00000050",
         "mww 0x40020008 0x0c000000", "mww 0x4002000c 0x64008600", "mww 0x40020014 0x00000040")


def pins(**other):
    return ",".join("%s=%s" % item for item in dict(WIRES, **other).items())


class Diagnosis(Run):
    def __init__(self, board, tmp_path, *commands, **options):
        self.chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 1))
        options.setdefault("idle_scale", 0)
        commands = commands or FOUND + (LOOK, "catch {cmspi diagnose ext} said", LOOK,
                                        "echo SAID$said", "cmspi diagnose ext")
        chip = self.chip if options.get("chips", True) else None
        super().__init__(board, chip, session(*commands), **options)

    def says(self, *words):
        for word in words:
            assert word in self.out, "missing %r in:\n%s" % (word, self.out)
        self.chip.assert_as_expected()
        seen = re.findall(r"^REGS (.*?)END", self.out, re.MULTILINE | re.DOTALL)
        assert len(seen) != 1 and len(set(seen)) <= 1, seen
        # nothing but ID, wake-up, SFDP and status was heard, and what can do no harm
        for chip in self.report.get("chips", []):
            assert set(chip["commands"]) <= {"9F", "AB", "5A", "05", "FF", "00"}, chip["commands"]
            assert not chip["erases"] and not chip["programs"]
        return self


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
def test_good_wiring(board, tmp_path, transport):
    run = Diagnosis(board, tmp_path, transport=transport)
    assert run.code == 0, run.out
    run.says("ext: the wiring is good", "ID: ef 40 17", "SFDP: 1.", "status: 0x00").innocent()
    assert re.search(r"^cs    PA4          0 1         1 1  pulled up", run.out, re.MULTILINE)
    assert re.search(r"^miso  PA6          0 1         0 1  floats", run.out, re.MULTILINE)


@pytest.mark.parametrize("a, b", [("cs", "clk"), ("cs", "mosi"), ("cs", "miso"),
                                  ("clk", "mosi"), ("clk", "miso"), ("mosi", "miso")])
def test_each_pair_swapped(board, tmp_path, a, b):
    swapped = pins(**{a: WIRES[b], b: WIRES[a]})
    run = Diagnosis(board, tmp_path, chips=((CHIP, swapped),))
    assert run.code != 0
    run.says("ext: %s and %s are swapped: use -%s %s -%s %s" % (
        a, b, a, WIRES[b], b, WIRES[a]))


def test_three_wires_in_another_order(board, tmp_path):
    run = Diagnosis(board, tmp_path, chips=((CHIP, pins(clk="PA6", mosi="PA5", miso="PA7")),))
    run.says("another order: use -clk PA6 -mosi PA5 -miso PA7")


@pytest.mark.parametrize("line", ["cs", "clk", "mosi", "miso"])
def test_a_wire_on_a_pin_that_the_bank_does_not_name(board, tmp_path, line):
    run = Diagnosis(board, tmp_path, chips=((CHIP, pins(**{line: "PB0"})),))
    assert run.code != 0
    run.says("nobody drives miso (PA6) when cs (PA4) is low" if line != "mosi" else "miso (PA6)")


@pytest.mark.parametrize("line", ["cs", "clk", "mosi", "miso"])
@pytest.mark.parametrize("level", [0, 1])
def test_a_wire_tied_to_a_rail(board, tmp_path, line, level):
    run = Diagnosis(board, tmp_path, faults=("pin_stuck:pin=%s,level=%d" % (WIRES[line], level),))
    if run.code == 0:
        pytest.fail(run.out)
    run.says("ext: %s (%s) stays %s" % (line, WIRES[line], "high" if level else "low"),
             "the supply" if level else "ground")


@pytest.mark.parametrize("a, b", [("cs", "clk"), ("clk", "mosi"), ("mosi", "miso"), ("cs", "miso")])
def test_two_wires_connected(board, tmp_path, a, b):
    run = Diagnosis(board, tmp_path, faults=("short:a=%s,b=%s" % (WIRES[a], WIRES[b]),))
    assert run.code != 0
    run.says("ext: %s (%s) and %s (%s) are connected" % (a, WIRES[a], b, WIRES[b]))


def test_no_chip(board, tmp_path):
    run = Diagnosis(board, tmp_path, chips=())
    assert run.code != 0
    run.says("nobody drives miso (PA6)", "measure the supply at the chip",
             "it has no pull-up: is it on another pin?").innocent()


def test_chip_in_deep_power_down(board, tmp_path):
    run = Diagnosis(board, tmp_path, "flash probe ext", "cmspi cmd ext 0 0xb9", "sleep 5",
                    "cmspi diagnose ext")
    assert run.code == 0, run.out
    assert "deep power-down and answers after ABh" in run.out
    assert "ID: ef 40 17 (after ABh)" in run.out


BY_HAND = ("source [find cmspi.tcl]; "
           "set data [cmspi_family_data stm32f4]; "
           "set options {-cs PA4 -clk PA5 -mosi PA7 -miso PA6}; "
           "set words [cmspi_bank_words ext 0x90000000 stm32f4x.cpu stm32f4 $options]; "
           "set at [lsearch $words -setup]; "
           "flash bank {*}[lreplace $words [+ $at 1] [+ $at 1] {%s}]")


def test_port_clock_off_in_a_bank_by_hand(board, tmp_path):
    """After a reset without reset-init events, port A is off and nobody turns it on."""
    run = Diagnosis(board, tmp_path, "mww 0x40023830 0x00100000", "cmspi diagnose ext",
                    bank=BY_HAND % "")
    assert run.code != 0
    run.says("the port of cs (PA4) does not take writes: its clock is off",
             "not made by cmspi_bank")


def test_modes_missing_in_a_bank_by_hand(board, tmp_path):
    run = Diagnosis(board, tmp_path, "cmspi diagnose ext",
                    bank=BY_HAND % "{0x40023830 0x00000001 0x00000001}")
    assert run.code != 0
    run.says("does not follow its output: -setup of this bank does not make it one")


def test_locked_pins(board, tmp_path):
    # LCKR: the key sequence of RM0090 rev. 19, 8.4.8, for PA5
    run = Diagnosis(board, tmp_path, "mww 0x40023830 0x00100001", "mww 0x4002001c 0x00010020",
                    "mww 0x4002001c 0x00000020", "mww 0x4002001c 0x00010020", "mdw 0x4002001c",
                    "cmspi diagnose ext")
    assert run.code != 0
    run.says("clk (PA5) does not change its mode: it is locked")


@pytest.mark.parametrize("mcu, target, family", [
    ("stm32f103", "stm32f1x.cpu", "stm32f1"), ("stm32g071", "stm32g0x.cpu", "stm32g0")])
def test_other_register_layouts(board, tmp_path, mcu, target, family):
    bank = BANK.replace("stm32f4x.cpu", target)
    swapped = pins(mosi="PA6", miso="PA7")
    good = Diagnosis(board, tmp_path, "cmspi diagnose ext", mcu=mcu, bank=bank)
    assert good.code == 0, good.out
    good.says("the wiring is good", "floats").innocent()
    assert not good.report["gpio"]["unlike_mark"], good.report["gpio"]["unlike_mark"]
    bad = Diagnosis(board, tmp_path, "cmspi diagnose ext", mcu=mcu, bank=bank,
                    chips=((CHIP, swapped),))
    bad.says("use -mosi PA6 -miso PA7")
    assert not bad.report["gpio"]["unlike_mark"], bad.report["gpio"]["unlike_mark"]


def test_family_without_pull_data_leaves_the_floating_test_out(board, tmp_path):
    bank = ("source [find cmspi.tcl]; dict unset ::cmspi_layouts stm32_moder pull_down; "
            "dict unset ::cmspi_layouts stm32_moder pull_up; ") + BANK.split("; ", 1)[1]
    run = Diagnosis(board, tmp_path, "cmspi diagnose ext", bank=bank,
                    chips=((CHIP, pins(mosi="PA6", miso="PA7")),))
    run.says("floating lines were left out", "use -mosi PA6 -miso PA7", "not measured")


def test_running_target_is_refused(board, tmp_path):
    run = Diagnosis(board, tmp_path, "flash probe ext", "mww 0x2001f000 0xe7fee7fe",
                    "resume 0x2001f000", "sleep 5", "cmspi diagnose ext")
    run.failed("diagnose needs a halted target")


@pytest.mark.parametrize("n", [60, 200, 500])
def test_pins_are_as_found_when_the_link_fails_once(board, tmp_path, n):
    run = Diagnosis(board, tmp_path, *FOUND, LOOK, "mww 0x5ffff000 %d" % n,
                    "echo CODE=[catch {cmspi diagnose ext}]", LOOK, extra=("--control",))
    seen = re.findall(r"^REGS (.*?)END", run.out, re.MULTILINE | re.DOTALL)
    assert len(seen) == 2 and seen[0] == seen[1], run.out
    assert "CODE=0" not in run.out


def test_one_data_pin(board, tmp_path):
    bank = "source [find cmspi.tcl]; cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -sio PA7"
    run = Diagnosis(board, tmp_path, bank=bank, chips=((CHIP, pins(miso="PA7")),))
    assert run.code == 0, run.out
    run.says("the wiring is good", "mosi and miso are one pin")


def test_a_neighbour_on_the_same_wires_hears_nothing(board, tmp_path):
    second = BANK.replace("ext 0x90000000", "second 0x91000000").replace("-cs PA4", "-cs PB0")
    run = Diagnosis(board, tmp_path, bank=BANK + "; " + second.split("; ")[1],
                    chips=((CHIP, pins()), (CHIP, pins(cs="PB0"))))
    assert run.code == 0, run.out
    run.says("ext: the wiring is good")
    assert not run.report["chips"][1]["commands"], run.report["chips"][1]["commands"]
