# SPDX-License-Identifier: GPL-2.0-or-later

"""Cores and pin kinds for the loops' cycle counts.

One microcontroller, the STM32F030 of the simulator's rows, stands for all of
them: its row is taken with another core, and with a toggle register that the
real part lacks. The port kinds are told to the driver in the form that
cmspi_bank makes (flash bank ... -port {...}); a kind is a matter of which
registers the driver is told of.
"""

import functools
import json

import board

# GPIO of the STM32F030: RM0360 rev 5, 8.4 and 2.2.2; RCC_AHBENR 7.4.6
PORT_BASE = {"A": 0x48000000, "B": 0x48000400}
MODER, PUPDR, IDR, ODR, BSRR, BRR = 0x00, 0x0c, 0x10, 0x14, 0x18, 0x28
TGLR = 0x2c  # made up
AHBENR = 0x40021014
AHBENR_BIT = {"A": 17, "B": 18}

# What the driver is told of a port, by kind
KIND_REGISTERS = {
    "set_clear_word": "set {BSRR} clear_shift 16",
    "set_clear": "set {BSRR} clear {BRR}",
    "toggle": "toggle {TGLR}",
    "plain": "",
}

# name: (row of the core, I/O port with stores and loads of one cycle)
CORES = {
    "M0": ("m0", False),
    "M0+": ("m0plus", False),
    "M0+ IO port": ("m0plus", True),
    "M4": ("m4", False),
}

ONE_PORT = {"cs": "A4", "clk": "A5", "mosi": "A7", "miso": "A6"}
FOUR_IN_ORDER = {"cs": "A9", "clk": "A8", "mosi": "A4", "miso": "A5", "io2": "A6", "io3": "A7"}
FOUR_ANYWHERE = dict(ONE_PORT, io2="A0", io3="A10")
FOUR_TWO_PORTS = dict(ONE_PORT, io2="B0", io3="B1")
TWO_PORTS = {"cs": "A4", "clk": "A5", "mosi": "B5", "miso": "A6"}


def simboard_pins(pins):
    return ",".join("%s=P%s" % (role, pin) for role, pin in pins.items())


@functools.cache
def make_mcu(core):
    """The path of a row for simboard; written once, before anyone reads it."""
    row = json.loads((board.DATA / "mcu/stm32f030.json").read_text())
    gpio = json.loads((board.DATA / "gpio/stm32f0.json").read_text())
    name, io_port = CORES[core]
    gpio["registers"].append({"name": "TGLR", "offset": hex(TGLR), "kind": "toggle"})
    slug = name + ("-io" if io_port else "")
    gpio_path = board.WORK / ("gpio-%s.json" % slug)
    row.update(name="bench-" + slug, core=name, gpio=str(gpio_path))
    if io_port:
        row["io_port"] = {"base": hex(PORT_BASE["A"]), "size_bytes": "0x2000"}
    path = board.WORK / ("mcu-%s.json" % slug)
    board.WORK.mkdir(parents=True, exist_ok=True)
    gpio_path.write_text(json.dumps(gpio))
    path.write_text(json.dumps(row))
    return path


def port_words(letter, kind):
    base = PORT_BASE[letter]
    offsets = {"BSRR": BSRR, "BRR": BRR, "TGLR": TGLR}
    registers = KIND_REGISTERS[kind].format(
        **{name: hex(base + offset) for name, offset in offsets.items()})
    return "-port {%s kind %s width 32 out %#x in %#x %s}" % (
        letter, kind, base + ODR, base + IDR, registers)


def pin_words(role, pin, turns):
    letter, number = pin[0], int(pin[1:])
    words = "P%s %s %d" % (pin, letter, number)
    if turns and role in ("mosi", "miso", "io2", "io3"):
        moder = PORT_BASE[letter] + MODER
        mask = 3 << 2 * number
        words += " in {{%#x %#x 0}} out {{%#x %#x %#x}}" % (
            moder, mask, moder, mask, 1 << 2 * number)
    return "-%s {%s}" % (role, words)


def setup_words(pins):
    """Clock gates, then chip select high, a pull-up on MISO, directions."""
    ports = sorted({pin[0] for pin in pins.values()})
    gates = sum(1 << AHBENR_BIT[letter] for letter in ports)
    writes = [(AHBENR, gates, gates)]
    for letter in ports:
        here = {role: int(pin[1:]) for role, pin in pins.items() if pin[0] == letter}
        outputs = [number for role, number in here.items() if role != "miso"]
        inputs = [number for role, number in here.items() if role == "miso"]
        # CS, and WP# and HOLD#
        high = sum(1 << number for role, number in here.items() if role in ("cs", "io2", "io3"))
        base = PORT_BASE[letter]
        writes.append((base + ODR, sum(1 << n for n in outputs), high))
        if inputs:
            writes.append((base + PUPDR, sum(3 << 2 * n for n in inputs),
                           sum(1 << 2 * n for n in inputs)))
        writes.append((base + MODER, sum(3 << 2 * n for n in outputs + inputs),
                       sum(1 << 2 * n for n in outputs)))
    return "-setup {%s}" % " ".join("{%#x %#x %#x}" % write for write in writes)


def bank_line(kind, pins, turns=False):
    """flash bank for these pins; turns: MOSI may turn round (1-1-2 reads)."""
    words = ["flash bank ext cmspi %#x 0 0 0 {target}.cpu" % board.BASE]
    braces = [port_words(letter, kind) for letter in sorted({p[0] for p in pins.values()})]
    braces += [pin_words(role, pin, turns) for role, pin in pins.items()]
    braces.append(setup_words(pins))
    # the line goes through str.format()
    return " ".join(words + [b.replace("{", "{{").replace("}", "}}") for b in braces])
