# SPDX-License-Identifier: GPL-2.0-or-later
"""What the application had been doing with the pins is told once, and put back.

F4: GPIOA_MODER 0x40020000, ODR 0x40020014, RCC_AHB1ENR 0x40023830 (RM0090).
F1: GPIOA_CRL 0x40010800, RCC_APB2ENR 0x40021018 (RM0008)."""

from flashlib import Chip, Run

CS_LOW = "cs (PA4) was driven low: the application was in the middle of a command"
CLK_AF = "clk (PA5) was in an alternate function"


def test_low_cs_and_alternate_functions_are_told_once_and_given_back(board, tmp_path):
    run = Run(board, Chip(tmp_path / "chip.bin"), (
        "init", "reset init", "mmw 0x40023830 1 0",
        # PA4 output (latch low), PA5 and PA6 alternate, PA7 output
        "mww 0x40020000 0xa8006900",
        "flash probe ext", "flash probe ext", "echo MODER:[mdw 0x40020000]", "shutdown")).ok()
    assert run.out.count(CS_LOW) == 1
    assert run.out.count(CLK_AF) == 1
    assert run.out.count("miso (PA6) was in an alternate function") == 1
    assert "mosi (PA7) was in" not in run.out
    assert "MODER:0x40020000: a8006900" in run.out


def test_one_data_pin_is_told_once(board, tmp_path):
    run = Run(board, Chip(tmp_path / "chip.bin"), (
        "init", "reset init", "mmw 0x40023830 1 0", "mww 0x40020000 0xa8008100",
        "flash probe ext", "shutdown"), chips=(("W25Q64JV-Q", "cs=PA4,clk=PA5,mosi=PA7,miso=PA7"),),
        bank="source [find cmspi.tcl]; cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 "
        "-sio PA7").ok()
    assert run.out.count("(PA7) was in an alternate function") == 1


def test_pins_as_after_reset_are_not_worth_a_word(board, tmp_path):
    run = Run(board, Chip(tmp_path / "chip.bin"), ("init", "reset init", "flash probe ext", "shutdown")).ok()
    assert "said once" not in run.out


def test_f1_tells_the_same_from_its_registers(board, tmp_path):
    bank = ("source [find cmspi.tcl]; cmspi_bank ext 0x90000000 stm32f1x.cpu "
            "-cs PA4 -clk PA5 -mosi PA7 -miso PA6")
    run = Run(board, Chip(tmp_path / "chip.bin"), (
        "init", "reset init", "mmw 0x40021018 4 0",
        # PA4 output of 2 MHz, PA5 alternate push-pull of 50 MHz, others floating
        "mww 0x40010800 0x44b24444",
        "flash probe ext", "shutdown"), bank=bank, mcu="stm32f103").ok()
    assert run.out.count(CS_LOW) == 1
    assert run.out.count(CLK_AF) == 1
