# SPDX-License-Identifier: GPL-2.0-or-later

"""What a debugger may find on the target, and must leave as it found it: the core
in a handler, in an unprivileged thread, locked up, with interrupts pending and a
watchdog running; pins in the hands of a peripheral. Each time all operations work,
and every register and the RAM are the same afterwards."""

import re

import pytest

from conftest import TARGET_CFG
from flashlib import BANK, CHIP_BYTES, Chip, file_of, noise
from test_board_core import VECTORS, assemble, defaults

RAM = 0x20000000
WORK_AREA, WORK_AREA_BYTES = 0x20004000, 8192
TARGETS = {"stm32f407": "stm32f4x.cpu", "stm32f030": "stm32f0x.cpu"}
RAM_BYTES = {"stm32f407": 128 * 1024, "stm32f030": 4096}
ARMV6M = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc xPSR msp psp primask control"
REGISTERS = {"stm32f407": ARMV6M + " basepri faultmask", "stm32f030": ARMV6M}

both_transports = pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


@pytest.fixture
def firmware(tmp_path):
    """An image for the internal flash: vectors, the given program at `reset`."""
    def make(source, mcu="stm32f407"):
        text = VECTORS + source + "\nb .\n" + defaults(source)
        text = re.sub(r"^(\.word \w+) \+ 1", r"\1 + 0x08000001", text, flags=re.M)
        return assemble(tmp_path, text, mcu)
    return make


class Visit:
    """One session that meets the target as it runs, does all operations and looks
    at the target before and after each."""

    def __init__(self, make_board, chip, folder, *, image=None, mcu="stm32f407", transport,
                 stop="sleep 5; halt", before=(), after=(), look=(), erase=True, **options):
        target = TARGETS[mcu]
        data = noise(700, 7)
        path = file_of(folder / "data.bin", data)
        there = file_of(folder / "there.bin", bytes(chip.expected[0x7ffd:0x7ffd + 300]))
        chip.erase(0x1000, 0x1000)
        chip.write(0x1003, data)
        operations = [
            "flash probe ext", "flash erase_sector ext 1 1",
            "flash write_bank ext %s 0x1003" % path, "flash verify_bank ext %s 0x1003" % path,
            "flash read_bank ext %s 0x7ffd 300" % (folder / "read.bin"),
            "verify_image %s 0x90007ffd bin" % there, "mdw 0x90001000 4",
            "cmspi cmd ext -gpio 3 0x9f",
        ]
        looks = ["get_reg {%s}" % REGISTERS[mcu]] + ["mdw 0x%x" % addr for addr in look]
        see = 'echo "SEE %s END"' % " ".join("[%s]" % one for one in looks)
        extra = ["--flash-image", image] if image else []
        self.board = make_board(mcu=mcu, images=(chip.path,), extra=extra, **options)
        args = ["-c", "%s configure -work-area-phys 0x%x -work-area-size %d -work-area-backup 1" % (
            target, WORK_AREA if mcu == "stm32f407" else RAM + 1024,
            WORK_AREA_BYTES if mcu == "stm32f407" else 2560), "-c",
            BANK.replace("stm32f4x.cpu", target)]
        for command in ("init", stop, *before, see):
            args += ["-c", command]
        for operation in operations:
            args += ["-c", operation, "-c", see]
        for command in (*after, "shutdown"):
            args += ["-c", command]
        self.code, self.out = self.board.run(*args, transport=transport, target=TARGET_CFG[mcu])
        self.report = self.board.stop()
        assert self.code == 0, self.out
        seen = re.findall(r"^SEE (.*?) END", self.out, re.M | re.S)
        assert len(seen) == len(operations) + 1
        for one, operation in zip(seen[1:], operations):
            assert one == seen[0], operation
        assert (folder / "read.bin").read_bytes() == there.read_bytes()
        assert self.report["core"]["faults"] == 0 or "fault" in str(image)
        chip.assert_as_expected()
        self.registers = {name: int(value, 16) for name, value in
                          re.findall(r"(\w+) (0x[0-9a-f]+)", seen[0])}

    def innocent(self):
        assert not self.report["sins"], self.report["sin_log"]
        return self


def words(out):
    """The words that the last mdw of RAM showed."""
    return [int(w, 16) for w in re.findall(r"^0x20000000: (.*)$", out, re.M)[-1].split()]


# Patterns in r2 to r12, flags N and C, lr; r0 and r1 are for the end of it
FILL = """
	ldr r0, =0x8A8A8A8A
	mov r8, r0
	ldr r0, =0x9B9B9B9B
	mov r9, r0
	ldr r0, =0xACACACAC
	mov r10, r0
	ldr r0, =0xBDBDBDBD
	mov r11, r0
	ldr r0, =0xCECECECE
	mov r12, r0
	ldr r2, =0x23232323
	ldr r3, =0x34343434
	ldr r4, =0x45454545
	ldr r5, =0x56565656
	ldr r6, =0x67676767
	ldr r7, =0x78787878
"""
# waits until the debugger writes to the first word of RAM
CLEAR = "ldr r1, =0x20000000\nmovs r0, #0\nstr r0, [r1]\nstr r0, [r1, #4]\n"
WAIT = "ldr r1, =0x20000000\n1: ldr r0, [r1]\ncmp r0, #0\nbeq 1b\n"
# what the thread does once it was let go
DONE = "movs r0, #0x5D\nldr r1, =0x20000000\nstr r0, [r1, #4]\nb .\n.ltorg\n"

# name: firmware, exception number while halted, CONTROL
STATES = {
    "thread": ("reset:\n" + CLEAR + FILL + WAIT + DONE, 0, 0),
    "masked": ("reset:\n" + CLEAR + "cpsid i\n" + FILL + WAIT + DONE, 0, 0),
    "process_stack": ("reset:\n" + CLEAR + "ldr r0, =0x20000380\nmsr psp, r0\nmovs r0, #2\n"
                      "msr control, r0\nisb\n" + FILL + WAIT + DONE, 0, 2),
    "svc": ("reset:\n" + CLEAR + "svc #1\n" + DONE + "svc:\n" + FILL + WAIT + "bx lr\n", 11, 0),
    "svc_of_process_stack": (
        "reset:\n" + CLEAR + "ldr r0, =0x20000380\nmsr psp, r0\nmovs r0, #2\nmsr control, r0\nisb\n"
        "svc #1\n" + DONE + "svc:\n" + FILL + WAIT + "bx lr\n", 11, 0),
}
# what only ARMv7-M has
STATES_V7M = {
    "unprivileged": ("reset:\n" + CLEAR + "ldr r0, =0x20000380\nmsr psp, r0\nmovs r0, #3\n"
                     "msr control, r0\nisb\n" + FILL + WAIT + DONE, 0, 3),
    "all_masks": ("reset:\n" + CLEAR + "movs r0, #0x40\nmsr basepri, r0\ncpsid f\ncpsid i\n" + FILL +
                  WAIT + DONE, 0, 0),
}
LET_GO = ("mww 0x20000000 1", "resume", "sleep 5", "halt", "echo [mdw 0x20000000 2]")


def look_at_state(visit, exception, control):
    assert visit.registers["xPSR"] & 0x1ff == exception
    assert visit.registers["control"] == control
    assert visit.registers["r7"] == 0x78787878 and visit.registers["r12"] == 0xcececece
    # released, it came to its end
    assert words(visit.out)[1] == 0x5d
    visit.innocent()


@both_transports
@pytest.mark.parametrize("state", [*STATES, *STATES_V7M])
def test_state_of_an_m4_is_put_back(board, full, firmware, tmp_path, state, transport):
    source, exception, control = {**STATES, **STATES_V7M}[state]
    visit = Visit(board, full, tmp_path, image=firmware(source), transport=transport, after=LET_GO)
    look_at_state(visit, exception, control)


@both_transports
@pytest.mark.parametrize("state", STATES)
def test_state_of_an_m0_is_put_back(board, full, firmware, tmp_path, state, transport):
    source, exception, control = STATES[state]
    visit = Visit(board, full, tmp_path, image=firmware(source, "stm32f030"), mcu="stm32f030",
                  transport=transport, after=LET_GO)
    look_at_state(visit, exception, control)


@both_transports
def test_core_in_hard_fault_is_put_back(board, full, firmware, tmp_path, transport):
    """Its handler steps over the access that faulted and returns."""
    image = firmware("reset:\n" + CLEAR + "ldr r0, =0x30000000\nldr r0, [r0]\n" + DONE +
                     "hard_fault:\n" + FILL + WAIT + "ldr r0, [sp, #24]\nadds r0, #2\n"
                     "str r0, [sp, #24]\nbx lr\n")
    image = image.rename(tmp_path / "fault.bin")
    visit = Visit(board, full, tmp_path, image=image, transport=transport, after=LET_GO)
    look_at_state(visit, 3, 0)
    assert visit.report["core"]["faults"] == 1 and visit.report["core"]["lockups"] == 0


# ---- interrupts ----------------------------------------------------------------

# A handler that selects the chip and shakes the wires, once it is let loose
SHAKES = """
systick:
	ldr r0, =0x20000000
	ldr r1, [r0]
	adds r1, #1
	str r1, [r0]
	ldr r0, =0x40020018
	ldr r1, =0x00B00000
	str r1, [r0]
	ldr r1, =0x00A00030
	str r1, [r0]
	bx lr
"""
TICKS = """
reset:
	ldr r1, =0x20000000
	movs r0, #0
	str r0, [r1]
	ldr r2, =0xE000E010
	ldr r0, =%d
	str r0, [r2, #4]
	str r0, [r2, #8]
	movs r0, #7
	str r0, [r2]
	b .
"""


@both_transports
@pytest.mark.parametrize("before, due", [
    ((), 0),
    # SysTick and PendSV became due while the core stood: ICSR.PENDSTSET, PENDSVSET
    (("mww 0xe000ed04 0x14000000",), 1),
], ids=["running", "pending"])
def test_handlers_never_run_while_the_stub_does(board, full, firmware, tmp_path, before, due,
                                                transport):
    source = TICKS % 1599 + SHAKES + """
pend_sv:
	ldr r0, =0x20000000
	ldr r1, [r0, #4]
	adds r1, #1
	str r1, [r0, #4]
	bx lr
"""
    visit = Visit(board, full, tmp_path, image=firmware(source), transport=transport,
                  before=("mww 0x20000004 0", *before), look=(RAM, RAM + 4),
                  after=("set before [read_memory 0x20000000 32 2]", "resume", "sleep 5", "halt",
                         "echo COUNTS=$before,[read_memory 0x20000000 32 2]"))
    counts = [int(n, 0) for n in re.findall(r"0x[0-9a-f]+|\d+", re.search(
        r"COUNTS=(.*)", visit.out).group(1))]
    # afterwards they do again, none was lost
    assert counts[2] > counts[0] and counts[3] == counts[1] + due
    assert visit.registers["primask"] == 0
    assert visit.innocent().report["core"]["lockups"] == 0


# ---- watchdog ------------------------------------------------------------------

@both_transports
@pytest.mark.parametrize("operation, first, count", [
    ("flash erase_sector ext 16 31", 0x10000, 0x10000), ("cmspi mass_erase ext", 0, CHIP_BYTES)])
def test_watchdog_is_kicked_during_a_long_erase(board, full, application, operation, first, count,
                                                transport):
    full.erase(first, count)
    # the chip takes several times as long as the watchdog waits
    b = board(images=(full.path,), chips=(("W25Q64JV-Q:tBE64=300000,tCE=400000",
              "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),),
              extra=["--flash-image", application("m4", iwdg_ms=60)])
    code, out = b.run("-c", BANK, "-c", "init; sleep 20; halt", "-c", operation, "-c", "resume",
                      "-c", "sleep 50; shutdown", transport=transport)
    assert code == 0, out
    report = b.stop()
    assert report["watchdog"]["runs"] and report["watchdog"]["bites"] == 0
    assert report["virtual_ns"] > 300e6 and not report["sins"]
    full.assert_as_expected()


# ---- memory protection ---------------------------------------------------------

# MPU_CTRL and MPU_RNR, and what region 0 is (RBAR, RASR)
MPU = ("mww 0xe000ed98 0", "echo \"MPU [mdw 0xe000ed94 2][mdw 0xe000ed9c 2]END\"")


@both_transports
@pytest.mark.parametrize("fault", [None, "wel_ignored"])
def test_mpu_is_off_for_the_stub_only(board, full, application, transport, fault):
    b = board(images=(full.path,), faults=(fault,) if fault else (),
              extra=["--flash-image", application("m4", mpu_xn=1)])
    full.erase(0, 0x1000)
    look = "; ".join(MPU)
    code, out = b.run("-c", BANK, "-c", "init; sleep 20; halt", "-c", look, "-c",
                      "echo FAILED=[catch {flash erase_sector ext 0 0}]", "-c", look, "-c",
                      "resume; sleep 5; halt; shutdown", transport=transport)
    assert code == 0, out
    assert ("FAILED=0" in out) == (not fault), out
    seen = re.findall(r"MPU (.*?)END", out, re.S)
    assert len(seen) == 2 and seen[0] == seen[1] and "0xe000ed94: 00000005" in seen[0]
    assert b.stop()["core"]["faults"] == 0
    if not fault:
        full.assert_as_expected()


# ---- pins in use ---------------------------------------------------------------

# RCC_AHB1ENR; GPIOA MODER, OTYPER, OSPEEDR, PUPDR; ODR; AFRL (RM0090 rev. 19, 8.4)
PINS_LOOK = (0x40023830, 0x40020000, 0x40020004, 0x40020008, 0x4002000c, 0x40020014, 0x40020020)
# the application's own command is cut off where it was, each time the chip is needed
CUT_OFF = {"byte_boundary", "short_command", "cs_left_low", "cs_timing", "clock_not_idle",
           "cs_high_short", "mosi_unstable"}


@both_transports
@pytest.mark.parametrize("before", [
    (),
    # PA5 to PA7 are SPI1's
    ("mww 0x40020020 0x55500000", "mww 0x40020000 0xa800a900"),
    # and PA4 is SPI1_NSS, low
    ("mww 0x40020020 0x55550000", "mww 0x40020000 0xa800aa00"),
], ids=["gpio", "alternate_function", "all_alternate"])
def test_command_under_way_when_halted(board, full, application, tmp_path, before, transport):
    visit = Visit(board, full, tmp_path, image=application("m4", mid_command=1),
                  transport=transport, before=before, look=PINS_LOOK, faults=("afpin:level=0",))
    assert set(visit.report["sins"]) <= CUT_OFF, visit.report["sin_log"]


# ---- blank flash ---------------------------------------------------------------

@both_transports
@pytest.mark.parametrize("mcu", TARGETS)
@pytest.mark.parametrize("stop", ["halt", "reset halt", "reset init"])
def test_blank_flash_and_a_locked_up_core(board, full, tmp_path, mcu, stop, transport):
    # stack pointer and reset vector are all ones: the core locks up at once
    blank = file_of(tmp_path / "blank_fault.bin", b"\xff" * 1024)
    if stop == "halt":
        # OpenOCD meets the lock-up in the middle of its poll, and reads no register
        stop += "; get_reg -force {%s}" % REGISTERS[mcu]
    visit = Visit(board, full, tmp_path, image=blank, mcu=mcu, transport=transport, stop=stop)
    assert visit.report["core"]["lockups"] >= 1
    visit.innocent()


# ---- RAM -----------------------------------------------------------------------

@both_transports
@pytest.mark.parametrize("backup", [0, 1])
@pytest.mark.parametrize("fault, operation", [
    (None, "flash write_image erase {data} 0x90001003 bin; verify_image {data} 0x90001003 bin"),
    (None, "flash probe ext; flash read_bank ext {out} 0 1000; flash verify_bank ext {out} 0"),
    ("wel_ignored", "catch {{flash write_bank ext {data} 0x1003}}"),
    ("stuck_wip", "catch {{flash write_bank ext {data} 0x1003}}"),
], ids=["program", "read", "refused", "stuck"])
def test_ram_is_as_before(board, tmp_path, backup, fault, operation, transport):
    size = RAM_BYTES["stm32f407"]
    before = file_of(tmp_path / "ram.bin", noise(size, 12))
    data = file_of(tmp_path / "data.bin", noise(600, 13))
    after = tmp_path / "after.bin"
    chip = Chip(tmp_path / "chip.bin")
    b = board(images=(chip.path,), faults=(fault,) if fault else ())
    code, out = b.run(
        "-c", "$_TARGETNAME configure -work-area-phys 0x%x -work-area-size %d -work-area-backup %d"
        % (WORK_AREA, WORK_AREA_BYTES, backup), "-c", BANK, "-c", "init; reset halt",
        "-c", "load_image %s 0x%x bin" % (before, RAM), "-c",
        operation.format(data=data, out=tmp_path / "out.bin"), "-c",
        "dump_image %s 0x%x %d; shutdown" % (after, RAM, size), transport=transport)
    assert code == 0, out
    wanted, found = before.read_bytes(), after.read_bytes()
    lent = slice(WORK_AREA - RAM, WORK_AREA - RAM + WORK_AREA_BYTES)
    assert found[:lent.start] == wanted[:lent.start] and found[lent.stop:] == wanted[lent.stop:]
    if backup:
        assert found[lent] == wanted[lent]


# ---- within an IT block --------------------------------------------------------

# Comes to its end only if the first and the third instruction were executed. The
# simulated core cannot stop within the block, so the debugger puts it there.
IT_BLOCK = "reset:\n" + CLEAR + FILL + WAIT + """
	itete eq
	moveq r2, #0x11
	movne r3, #0x22
	moveq r4, #0x33
	movne r5, #0x44
	cmp r4, #0x33
	bne .
	cmp r5, #0x44
	beq .
""" + DONE
MOVES = bytes.fromhex("11222223 33244425")
# Flag Z, and the state behind two of the four: ITSTATE 0Ch, of which bits 1:0 are xPSR's
# 26:25 and bits 7:2 its 15:10 (ARMv7-M ARM DDI 0403E, A7.3.2 and B1.4.2)
WITHIN_IT = 0x41000c00


@both_transports
def test_core_within_an_it_block_is_put_back(board, full, firmware, tmp_path, transport):
    image = firmware(IT_BLOCK)
    inside = 0x08000000 + image.read_bytes().index(MOVES) + 4
    visit = Visit(board, full, tmp_path, image=image, transport=transport,
                  before=("reg pc 0x%x" % inside, "reg xPSR 0x%x" % WITHIN_IT),
                  after=("resume", "sleep 5", "halt", "echo [mdw 0x20000000 2]"))
    assert visit.registers["pc"] == inside and visit.registers["xPSR"] == WITHIN_IT
    assert words(visit.out)[1] == 0x5d
    visit.innocent()
