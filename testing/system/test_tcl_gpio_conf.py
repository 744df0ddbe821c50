# SPDX-License-Identifier: GPL-2.0-or-later

"""contrib/gpio_conf/gpio_conf: what it prints, and what it refuses."""

import shutil
import subprocess

import pytest

from conftest import ROOT

TOOL = ROOT / "contrib/gpio_conf/gpio_conf"
GOOD = "PA04:PP:M, PA05:PP:V, PA06:INUP:V, PA07:INUP:V"

PROJECT = r"""#MicroXplorer Configuration settings - do not modify
Mcu.Family=STM32F4
Mcu.UserName=STM32F407VETx
RCC.HSE_VALUE=8000000
PB0.GPIO_Label=F_CS
PB0.Signal=GPIO_Output
PB3\ (JTDO/TRACESWO).Signal=SPI1_SCK
PB4\ (NJTRST).Signal=SPI1_MISO
PB5.Signal=SPI1_MOSI
PA13.Signal=SYS_JTMS-SWDIO
"""

QUAD_PROJECT = """Mcu.Family=STM32F7
Mcu.UserName=STM32F746NGHx
PB2.Signal=QUADSPI_CLK
PB6.Signal=QUADSPI_BK1_NCS
PD11.Signal=QUADSPI_BK1_IO0
PD12.Signal=QUADSPI_BK1_IO1
PE2.Signal=QUADSPI_BK1_IO2
PD13.Signal=QUADSPI_BK1_IO3
PA5.Signal=SPI1_SCK
PA7.Signal=SPI1_MOSI
"""

# two chips that share the clock; the second one's NCS is the first one's
BOTH_BANKS_PROJECT = QUAD_PROJECT + """PE7.Signal=QUADSPI_BK2_IO0
PE8.Signal=QUADSPI_BK2_IO1
PE9.Signal=QUADSPI_BK2_IO2
PE10.Signal=QUADSPI_BK2_IO3
"""

# as CubeMX names an STM32H7S78-DK: the series and the port say H7RS, the family does not
XSPI_PROJECT = """Mcu.Family=STM32H7
Mcu.UserName=STM32H7S7L8HxH
PN1.Mode=XSPI2_NCS1_Port2
PN1.Signal=XSPIM_P2_NCS1
PN2.Signal=XSPIM_P2_IO0
PN3.Signal=XSPIM_P2_IO1
PN4.Signal=XSPIM_P2_IO2
PN5.Signal=XSPIM_P2_IO3
PN6.Signal=XSPIM_P2_CLK
PN8.Signal=XSPIM_P2_IO4
"""

# one data pin: half duplex
HALF_DUPLEX_PROJECT = """Mcu.Family=STM32G0
PA4.Signal=GPIO_Output
PA4.GPIO_Label=CS
PA5.Signal=SPI1_SCK
PA7.Signal=SPI1_MOSI
SPI1.Direction=SPI_DIRECTION_1LINE
"""


@pytest.fixture(params=["jimsh", "tclsh"])
def gpio_conf(request):
    """Run the tool under one of its interpreters: (exit code, stdout, stderr)."""
    if not shutil.which(request.param):
        pytest.skip("no " + request.param)

    def run(*args):
        done = subprocess.run([request.param, TOOL, *map(str, args)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()
    return run


def refused(result):
    """stderr of a run that must fail in silence on stdout."""
    code, out, err = result
    assert code == 1 and out == ""
    assert err.startswith("gpio_conf: ") and err.count("\n") == 1
    return err[len("gpio_conf: "):-1]


def test_pins_become_lines(gpio_conf):
    code, out, err = gpio_conf("-f", "stm32f4", "-c", GOOD)
    assert code == 0 and err == ""
    lines = out.splitlines()
    assert ("cmspi_bank ext 0x90000000 stm32f4x.cpu -family stm32f4 "
            "-cs PA4 -clk PA5 -miso PA6 -mosi PA7") in lines
    assert "flash bank ext cmspi 0x90000000 0 0 0 stm32f4x.cpu \\" in lines
    # by hand from RM0090: clock, ODR (CS and the pulled-up pins high), OTYPER,
    # OSPEEDR (1 3 3 3), PUPDR (0 0 1 1), MODER (1 1 0 0)
    assert lines[-6:] == ["mmw 0x40023830 0x00000001 0x00000000",
                          "mmw 0x40020014 0x000000d0 0x00000020",
                          "mmw 0x40020004 0x00000000 0x000000f0",
                          "mmw 0x40020008 0x0000fd00 0x00000200",
                          "mmw 0x4002000c 0x00005000 0x0000af00",
                          "mmw 0x40020000 0x00000500 0x0000fa00"]


def test_shell_starts_an_interpreter():
    done = subprocess.run([TOOL, "--list"], stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == 0 and b"stm32f4 " in done.stdout


def test_six_pins_are_quad(gpio_conf):
    code, out, _ = gpio_conf("-f", "stm32f4", "-c", "PB6:PP:V, PF10:PP:V, PF6:PPUP:V, PF7:PPUP:V,"
                             "PF9:INUP:V, PF8:PP:V")
    assert code == 0
    assert "-cs PB6 -clk PF10 -io3 PF6 -io2 PF7 -miso PF9 -mosi PF8" in out


def test_quad_enable_is_for_six_pins(gpio_conf):
    six = "PB6:PP:V,PF10:PP:V,PF6:PPUP:V,PF7:PPUP:V,PF9:INUP:V,PF8:PP:V"
    code, out, _ = gpio_conf("-q", "-f", "stm32f4", "-c", six)
    lines = out.splitlines()
    assert code == 0 and lines[1].endswith(" -mosi PF8 -quad") and "\t-quad 1" in lines
    assert refused(gpio_conf("-q", "-f", "stm32f4", "-c", GOOD)) == \
        "-q is for six pins: IO2 and IO3 are missing"


def test_three_pins_are_one_data_pin(gpio_conf):
    code, out, _ = gpio_conf("-f", "stm32f4", "-c", "PA04:PP:M, PA05:PP:V, PA07:PP:V")
    lines = out.splitlines()
    assert code == 0 and lines[1].endswith(" -cs PA4 -clk PA5 -sio PA7")
    # to the driver it is MOSI and MISO, as cmspi_bank has it
    data_pin = "{PA7 A 7 in {{0x40020000 0x0000c000 0x00000000}} out {{0x40020000 0x0000c000 0x00004000}}}"
    assert "\t-mosi %s \\" % data_pin in lines and "\t-miso %s \\" % data_pin in lines
    assert lines[-1] == "mmw 0x40020000 0x00004500 0x00008a00"


def test_f1_alternate_and_open_drain(gpio_conf):
    code, out, _ = gpio_conf("-f", "stm32f1", "-c", "PA4:PP:L,PA5:AF0P:M,PA6:IN:L,PA7:PO:V")
    # RM0008: CNF and MODE of pins 4 to 7: 2, 9, 4, 7
    assert code == 0 and out.splitlines()[-1] == "mmw 0x40010800 0x74920000 0x8b6d0000"


def test_alternate_function_goes_before_its_mode(gpio_conf):
    code, out, _ = gpio_conf("-f", "stm32f4", "-c", "PA4:PP:L,PA5:AF5P:M,PA6:IN:L,PA7:PP:V")
    assert code == 0 and out.splitlines()[-2] == "mmw 0x40020020 0x00500000 0x00a00000"


def test_base_without_family(gpio_conf):
    code, out, _ = gpio_conf("-b", "40020000", "-c", GOOD)
    assert code == 0 and "0x40020014" in out and "cmspi_bank" not in out
    assert "0x40023830" not in out


def test_cubemx_project(gpio_conf, tmp_path):
    path = tmp_path / "board.ioc"
    path.write_text(PROJECT)
    code, out, err = gpio_conf(path)
    assert code == 0 and err == ""
    assert "-cs PB0 -clk PB3 -mosi PB5 -miso PB4 -hse-khz 8000" in out


def test_cubemx_project_with_two_interfaces(gpio_conf, tmp_path):
    path = tmp_path / "board.ioc"
    path.write_text(QUAD_PROJECT)
    assert refused(gpio_conf(path)) == \
        "the file has 2 interfaces (QUADSPI, SPI1); say -i and which"
    code, out, _ = gpio_conf("-i", "QUADSPI", path)
    assert code == 0 and "-cs PB6 -clk PB2 -mosi PD11 -miso PD12 -io2 PE2 -io3 PD13" in out


@pytest.mark.parametrize("project,args,wanted", [
    (BOTH_BANKS_PROJECT, ["-i", "QUADSPI"],
     "-family stm32f7 -cs PB6 -clk PB2 -mosi PD11 -miso PD12 -io2 PE2 -io3 PD13"),
    (BOTH_BANKS_PROJECT, ["-i", "QUADSPI_BK2"],
     "-family stm32f7 -cs PB6 -clk PB2 -mosi PE7 -miso PE8 -io2 PE9 -io3 PE10"),
    (XSPI_PROJECT, ["-q"],
     "-family stm32h7rs -cs PN1 -clk PN6 -mosi PN2 -miso PN3 -io2 PN4 -io3 PN5 -quad"),
    (HALF_DUPLEX_PROJECT, [], "-family stm32g0 -sio PA7 -cs PA4 -clk PA5"),
    # a second bank that stands alone
    (BOTH_BANKS_PROJECT.replace("BK1_IO", "BK1_X").replace("SPI1", "SAI1"), [],
     "-family stm32f7 -cs PB6 -clk PB2 -mosi PE7 -miso PE8 -io2 PE9 -io3 PE10"),
    (XSPI_PROJECT.replace("STM32H7S7L8HxH", "STM32H7B0VBTx").replace("PN", "PE")
     .replace("XSPIM_P2", "OCTOSPIM_P1").replace("NCS1", "NCS"), [],
     "-family stm32h7ab -cs PE1 -clk PE6 -mosi PE2 -miso PE3 -io2 PE4 -io3 PE5"),
], ids=["bank_1", "bank_2", "xspi", "half_duplex", "bank_2_alone", "octospi"])
def test_cubemx_interfaces(gpio_conf, tmp_path, project, args, wanted):
    path = tmp_path / "board.ioc"
    path.write_text(project)
    code, out, err = gpio_conf(*args, path)
    assert code == 0 and err == "" and out.splitlines()[1].endswith(wanted), out


@pytest.mark.parametrize("change,args,why", [
    (("PB3\\ (", "PL3\\ ("), [],
     "PL3.Signal: there is no port L, only A B C D E F G H I J K"),
    (("PB5.Signal", "PA14.Signal"), [], "PA14.Signal: the probe needs PA14: it is SWCLK"),
    (("8000000", "8 MHz"), [], "RCC.HSE_VALUE: '8 MHz' is not a frequency in Hz"),
    (("F_CS", "LED"), [],
     "no GPIO_Output has 'CS', 'NSS' or 'NCS' in its label; label one so, or use -c"),
    (("Mcu.Family", "Family"), [],
     "'{path}' has no Mcu.Family: it is not a project of STM32CubeMX"),
    (("SPI1_SCK", "SPI1_X"), [],
     "the file has no SPI, QUADSPI, OCTOSPI or XSPI with all its pins; use -c"),
    ((), ["-i", "SPI2"], "-i SPI2 is not in the file; there are: SPI1"),
    ((), ["-c", GOOD], "-c and an .ioc file: take one of them"),
    ((), ["-b", "0"], "-b and an .ioc file: take one of them"),
    ((), ["other.ioc"], "a file is given twice"),
])
def test_bad_project_is_refused(gpio_conf, tmp_path, change, args, why):
    path = tmp_path / "board.ioc"
    path.write_text(PROJECT.replace(*change) if change else PROJECT)
    assert refused(gpio_conf(*args, path)) == why.format(path=path)


@pytest.mark.parametrize("args,why", [
    (["-f", "stm32f4", "-c", "PA04:PP:M, PA05:PX:V, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 12: 'PX' is not P, IN or AFn, then P or O, then UP or DO, "
     "such as PP or INUP"),
    (["-f", "stm32f4", "-c", "PA04:PP:M, PA13:PP:V, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 12: the probe needs PA13: it is SWDIO"),
    (["-f", "stm32f4", "-c", "PA04:PP:M,PA04:PP:V, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 11: PA4 is -cs already"),
    (["-f", "stm32f4", "-c", "PA04:PP:M, PA05:PP:Q, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 12: speed 'Q' is not L, M, H or V"),
    (["-f", "stm32f4", "-c", "PA04:PP, PA05:PP:V, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 1: 'PA04:PP' is not PIN:CONF:SPEED"),
    (["-f", "stm32f4", "-c", "PA04:PP:M"],
     "-c has 1 pins; 3 are CS, CLK, SIO, 4 are CS, CLK, MISO, MOSI, "
     "6 are CS, CLK, IO3, IO2, IO1, IO0"),
    (["-f", "stm32f4", "-c", "PA04:PP:M, PA16:PP:V, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 12: there is no pin PA16"),
    (["-f", "stm32f4", "-c", "PA04:PP:M, PA05:AF16P:V, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 12: alternate function 16 is not 0 to 15"),
    (["-f", "stm32f4", "-c", "PA04:PP:M,, PA06:INUP:V, PA07:INUP:V"],
     "-c, character 11: '' is not PIN:CONF:SPEED"),
    (["-f", "stm32f4", "-b", "40020000", "-c", GOOD], "-f and -b: take one of them"),
    (["-f", "stm32f4", "-f", "stm32f7", "-c", GOOD], "-f is given twice"),
    (["-f", "stm32f4", "-t", "-c", GOOD], "-f and -t: take one of them"),
    (["-i", "SPI1", "-f", "stm32f4", "-c", GOOD], "-i and -c: take one of them"),
    (["-c", GOOD], "-f FAMILY is missing; --list shows them"),
    (["-b", "here", "-c", GOOD], "-b 'here' is not an address in hex, such as 40020000"),
    ([], "nothing to do: -c or an .ioc file is needed; --help tells more"),
    (["--sow"], "unknown option '--sow'; --help shows what there is"),
    (["-f"], "-f has no value"),
    (["none.ioc"], "cannot read 'none.ioc'"),
])
def test_bad_input_is_refused(gpio_conf, args, why):
    assert refused(gpio_conf(*args)) == why


def test_show_and_list(gpio_conf):
    code, out, _ = gpio_conf("--show", "stm32f4")
    assert code == 0 and "K     0x40022800  0x00ff  0x40023830 bit 10" in out.splitlines()
    code, out, _ = gpio_conf("--list")
    assert code == 0 and out.count("\n") == 38
