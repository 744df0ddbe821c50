# SPDX-License-Identifier: GPL-2.0-or-later

"""The simulated cores: cycles against loops counted by hand from the timing
tables of the Arm TRMs, exceptions, lock-up, MPU, watchdog. Each case is a few
lines of assembly that run on the board; OpenOCD is the distribution's own."""

import re
import shutil
import struct
import subprocess

import pytest

CORES = {"stm32f030": "m0", "stm32g071": "m0plus", "stm32f103": "m3", "stm32f407": "m4"}
AS = shutil.which("arm-none-eabi-as")
OBJCOPY = shutil.which("arm-none-eabi-objcopy")
CODE = 0x20000800
STACK = 0x20001000

pytestmark = pytest.mark.skipif(not AS, reason="no arm-none-eabi-as")


def assemble(tmp_path, source, mcu="stm32f030"):
    cpu = "cortex-" + CORES[mcu]
    path = tmp_path / "code.s"
    path.write_text(".syntax unified\n.thumb\n.cpu %s\n%s\n" % (cpu, source))
    subprocess.run([AS, str(path), "-o", str(tmp_path / "code.o")], check=True)
    subprocess.run([OBJCOPY, "-O", "binary", str(tmp_path / "code.o"), str(tmp_path / "code.bin")],
                   check=True)
    return tmp_path / "code.bin"


@pytest.fixture
def run_code(board, stock_openocd, tmp_path):
    """Run code from RAM until its BKPT. Returns (report, OpenOCD's output)."""
    def run(source, mcu="stm32f030", before="", after=""):
        code = assemble(tmp_path, source + "\nbkpt #0\n", mcu)
        # an endless loop in flash: stack, every vector, b .
        flash = tmp_path / "flash.bin"
        flash.write_bytes(struct.pack("<I15IH", STACK, *[0x08000041] * 15, 0xE7FE))
        b = board(mcu=mcu, chips=(), idle_scale=5, extra=["--flash-image", flash])
        status, out = b.run(
            "-c", "init; reset halt; load_image %s 0x%x bin" % (code, CODE),
            "-c", "reg pc 0x%x; reg sp 0x%x; reg xPSR 0x01000000; %s" % (CODE, STACK, before or "expr 0"),
            "-c", "resume; wait_halt 3000; %s; foreach r {r0 r1 r2 r3 pc} {echo [reg $r]}; shutdown"
            % (after or "expr 0"), openocd=stock_openocd)
        assert status == 0, out
        return b.stop(), out
    return run


def register(out, name):
    return int(re.search(r"^%s \(/32\): (0x[0-9a-f]+)" % name, out, re.M).group(1), 16)


# name, code, cycles on m0, m0plus, m3, m4; the BKPT itself is not counted.
# In the sums: taken branches 3, 2, 3, 3.
CYCLE_CASES = [
    # 1 + 100 * 1 + 99 taken + 1 not taken
    ("countdown", "movs r0, #100\n1: subs r0, #1\nbne 1b",
     (1 + 100 + 99 * 3 + 1, 1 + 100 + 99 * 2 + 1, 1 + 100 + 99 * 3 + 1, 1 + 100 + 99 * 3 + 1)),
    # stores, then loads that follow each other: 2 + 1 + 1 on M3 and M4
    ("store_load", "mov r1, sp\nsubs r1, #64\nmovs r0, #1\nstr r0, [r1]\nstr r0, [r1, #4]\n"
     "ldr r2, [r1]\nldr r2, [r1, #4]\nldrb r2, [r1]",
     (3 + 5 * 2, 3 + 5 * 2, 3 + 2 * 1 + 2 + 1 + 1, 3 + 2 * 1 + 2 + 1 + 1)),
    # 1 + 8 registers each way
    ("multiple", "mov r3, sp\nsubs r3, #64\nstmia r3!, {r0, r1, r2, r4, r5, r6, r7}\n"
     "subs r3, #28\nldmia r3!, {r0, r1, r2, r4, r5, r6, r7}\npush {r0, r1, lr}\npop {r0, r1, r2}",
     (3 + 8 + 8 + 4 + 4,) * 4),
    # BL 4/3/3/3, BX 3/2/3/3, then a call that returns by POP {PC}: 3 + 1 extra
    ("calls", "bl f\nbl g\nb end\nf: bx lr\ng: push {lr}\npop {pc}\nend: nop",
     (4 + 3 + 4 + 2 + 5 + 3 + 1, 3 + 2 + 3 + 2 + 4 + 2 + 1,
      3 + 3 + 3 + 2 + 4 + 3 + 1, 3 + 3 + 3 + 2 + 4 + 3 + 1)),
    ("multiply", "movs r0, #3\nmuls r0, r0\nrev r0, r0\nnop", (4, 4, 4, 4)),
    ("barriers", "dsb\nisb\ndmb\nmrs r0, primask\nmsr primask, r0",
     (5 * 4, 5 * 3, 3 * 3 + 2 * 2, 3 * 3 + 2 * 2)),
]


@pytest.mark.parametrize("mcu", CORES)
@pytest.mark.parametrize("case", CYCLE_CASES, ids=[c[0] for c in CYCLE_CASES])
def test_cycles(run_code, mcu, case):
    report, _ = run_code(case[1], mcu)
    assert report["core"]["last_run_cycles"] == case[2][list(CORES).index(mcu)]


def test_m0plus_io_port_takes_one_cycle(run_code):
    code = "ldr r1, =0x50000000\nldr r2, =0x40021000\nmovs r0, #0\n%s\nb 1f\n.ltorg\n1: nop"
    # three stores to the port, and three to the peripheral bus
    fast, _ = run_code(code % "str r0, [r1]\nstr r0, [r1]\nldr r0, [r1]", "stm32g071")
    slow, _ = run_code(code % "ldr r0, [r2]\nldr r0, [r2]\nldr r0, [r2]", "stm32g071")
    assert slow["core"]["last_run_cycles"] - fast["core"]["last_run_cycles"] == 3


@pytest.mark.parametrize("opcode", [".inst.n 0xB108", ".inst.n 0xBF18", ".inst.w 0xF3EF8011",
                                    ".inst.w 0xFBB0F0F1"], ids=["cbz", "it", "basepri", "udiv"])
def test_m0_refuses_what_armv6m_does_not_have(run_code, opcode):
    """With VC_HARDERR the core stops at the fault."""
    report, out = run_code("nop\n" + opcode, before="cortex_m vector_catch hard_err")
    assert report["core"]["faults"] >= 1


@pytest.mark.parametrize("mcu,faults", [("stm32f030", True), ("stm32f407", False)])
def test_unaligned_word(run_code, mcu, faults):
    report, _ = run_code("mov r1, sp\nsubs r1, #63\nldr r0, [r1]", mcu,
                         before="cortex_m vector_catch hard_err")
    assert bool(report["core"]["faults"]) == faults


def test_read_of_ram_that_nobody_wrote_is_counted(run_code):
    report, _ = run_code("mov r1, sp\nldr r0, [r1, #64]\nldr r0, [r1, #64]\nstr r0, [r1, #68]\n"
                         "ldr r0, [r1, #68]")
    assert report["core"]["unwritten_ram_reads"] == 2


def test_stack_use_and_written_ranges_are_reported(run_code):
    report, _ = run_code("push {r0, r1, r2, r3, lr}\npush {r0}\npop {r0}\nadd sp, #20")
    assert report["ram"]["deepest_stack_bytes"] == 24
    assert {"base": STACK - 24, "size_bytes": 24} in report["ram"]["core_wrote"]


@pytest.mark.parametrize("mcu", ["stm32f030", "stm32f407"])
@pytest.mark.parametrize("kind,access", [("w", "str r0, [r1]"), ("r", "ldr r0, [r1]"),
                                         ("a", "strb r0, [r1, #3]")])
def test_watchpoint_stops_after_the_access(run_code, mcu, kind, access):
    report, out = run_code("ldr r1, =0x20000300\nmovs r2, #1\n%s\nmovs r2, #2\nnop\nb 1f\n.ltorg\n"
                           "1: nop" % access, mcu, before="wp 0x20000300 4 %s" % kind,
                           after="echo [reg r2]; echo [reg pc]; rwp 0x20000300; resume; wait_halt 1000")
    assert "halted due to watchpoint" in out
    first, last = re.findall(r"^r2 \(/32\): 0x0000000(\d)", out, re.M)
    assert (first, last) == ("1", "2")


# ---- programs in flash, from reset ----

VECTORS = """
.word 0x20001000
.word reset + 1
.word stop + 1
.word hard_fault + 1
.rept 7
.word stop + 1
.endr
.word svc + 1
.word stop + 1
.word stop + 1
.word pend_sv + 1
.word systick + 1
"""

def defaults(source):
    """Handlers that the program has not, all the same endless loop."""
    missing = [n for n in ("hard_fault", "svc", "pend_sv", "systick") if n + ":" not in source]
    return ".ltorg\n" + "".join(n + ":\n" for n in missing) + "stop: b stop\n"


@pytest.fixture
def run_firmware(board, stock_openocd, tmp_path):
    """Run a program from flash for a while, then halt. Returns (report, output).
    What it leaves at 0x20000000 is shown as words."""
    def run(source, mcu="stm32f030", milliseconds=20, commands="expr 0", halt=True):
        text = VECTORS + source + "\nb .\n" + defaults(source)
        text = re.sub(r"^(\.word \w+) \+ 1", r"\1 + 0x08000001", text, flags=re.M)
        image = assemble(tmp_path, text, mcu)
        b = board(mcu=mcu, chips=(), idle_scale=5, extra=["--flash-image", image])
        show = "halt; foreach r {r0 r1 r2 r3 pc sp} {echo [reg $r]}; echo [mdw 0x20000000 8]"
        status, out = b.run("-c", "init; reset run; %s; sleep %d" % (commands, milliseconds),
                            "-c", show if halt else "expr 0", "-c", "shutdown",
                            openocd=stock_openocd)
        assert status == 0, out
        return b.stop(), out
    return run


def words(out):
    line = re.search(r"^0x20000000: (.*)$", out, re.M).group(1)
    return [int(w, 16) for w in line.split()]


@pytest.mark.parametrize("mcu", CORES)
def test_hard_fault_pushes_the_frame_and_returns(run_firmware, mcu):
    # the handler notes the stacked PC and steps over the two-byte instruction
    report, out = run_firmware("""
reset:
	ldr r1, =0x20000000
	movs r0, #0x5A
	ldr r2, =0x30000000
bad:	ldr r2, [r2]
	str r0, [r1, #4]
	b .
hard_fault:
	ldr r3, [sp, #24]
	ldr r1, =0x20000000
	str r3, [r1]
	adds r3, #2
	str r3, [sp, #24]
	mrs r3, ipsr
	str r3, [r1, #8]
	bx lr
""", mcu)
    # once after power-on, once after "reset run"
    assert report["core"]["faults"] == 2
    assert words(out)[1:3] == [0x5A, 3]
    assert words(out)[0] & 0xFFFFFF00 == 0x08000000
    assert register(out, "sp") == 0x20001000


def test_fault_in_the_handler_locks_up(run_firmware):
    report, out = run_firmware("""
reset:
hard_fault:
	ldr r2, =0x30000000
	ldr r2, [r2]
""")
    assert report["core"]["lockups"] >= 1
    assert "clearing lockup" in out


@pytest.mark.parametrize("mcu", CORES)
def test_systick_interrupts_unless_masked(run_firmware, mcu):
    report, out = run_firmware("""
reset:
	ldr r1, =0x20000000
	movs r0, #0
	str r0, [r1]
	ldr r2, =0xE000E010
	ldr r0, =999
	str r0, [r2, #4]
	movs r0, #7
	str r0, [r2]
	ldr r3, =10
1:	ldr r0, [r1]
	cmp r0, r3
	blt 1b
	cpsid i
	ldr r0, [r1]
	str r0, [r1, #4]
	ldr r3, =5000
2:	subs r3, #1
	bne 2b
	ldr r0, [r1]
	str r0, [r1, #8]
	cpsie i
	nop
	ldr r0, [r1]
	str r0, [r1, #12]
	cpsid i
	b .
systick:
	ldr r1, =0x20000000
	ldr r0, [r1]
	adds r0, #1
	str r0, [r1]
	bx lr
""", mcu)
    counts = words(out)
    assert counts[1] == 10
    # masked: it stays pending, once
    assert counts[2] == 10 and counts[3] == 11


def test_svc_and_pendsv(run_firmware):
    _, out = run_firmware("""
reset:
	ldr r1, =0x20000000
	svc #1
	movs r0, #3
	str r0, [r1, #8]
	b .
svc:
	ldr r1, =0x20000000
	movs r0, #1
	str r0, [r1]
	ldr r2, =0xE000ED04
	ldr r3, =0x10000000
	str r3, [r2]
	bx lr
pend_sv:
	ldr r1, =0x20000000
	movs r0, #2
	str r0, [r1, #4]
	bx lr
""")
    assert words(out)[:3] == [1, 2, 3]


def test_wfi_sleeps_until_systick(run_firmware):
    _, out = run_firmware("""
reset:
	ldr r1, =0x20000000
	movs r0, #0
	str r0, [r1]
	ldr r2, =0xE000E010
	ldr r0, =7999
	str r0, [r2, #4]
	movs r0, #7
	str r0, [r2]
1:	wfi
	b 1b
systick:
	ldr r1, =0x20000000
	ldr r0, [r1]
	adds r0, #1
	str r0, [r1]
	bx lr
""", milliseconds=20)
    # a millisecond each at 8 MHz
    assert words(out)[0] >= 15


@pytest.mark.parametrize("mcu", CORES)
def test_watchdog_bites_unless_kicked(run_firmware, mcu):
    start = """
reset:
	ldr r2, =0x40003000
	ldr r0, =0x5555
	str r0, [r2]
	movs r0, #0
	str r0, [r2, #4]
	movs r0, #39
	str r0, [r2, #8]
	ldr r0, =0xCCCC
	str r0, [r2]
	ldr r3, =0xAAAA
1:	%s
	b 1b
"""
    report, _ = run_firmware(start % "nop", mcu, halt=False)
    assert report["watchdog"]["bites"] >= 2
    report, _ = run_firmware(start % "str r3, [r2]", mcu)
    assert report["watchdog"]["bites"] == 0


def test_watchdog_stands_still_while_halted(run_firmware):
    report, _ = run_firmware("""
reset:
	ldr r2, =0x40003000
	ldr r0, =0x5555
	str r0, [r2]
	movs r0, #2
	str r0, [r2, #4]
	ldr r0, =0xCCCC
	str r0, [r2]
""", milliseconds=1, commands="sleep 20; halt; sleep 500; resume")
    # 4096 * 16 / 40 kHz = 1.6 s, which only the halted time (five-fold) would reach
    assert report["watchdog"] == {"runs": True, "kicks": 0, "bites": 0}


@pytest.mark.parametrize("mcu", ["stm32g071", "stm32f407"])
def test_mpu_stops_execution_from_ram(run_code, mcu):
    # region 0: 32 KiB of RAM, read and write, execute never
    mpu = "mww 0xE000ED98 0; mww 0xE000ED9C 0x20000000; mww 0xE000EDA0 0x1300001D; mww 0xE000ED94 %d"
    catch = "cortex_m vector_catch hard_err; "
    report, out = run_code("nop\nnop", mcu, before=catch + mpu % 5)
    assert report["core"]["faults"] == 1
    report, out = run_code("nop\nnop", mcu, before=catch + mpu % 4)
    assert report["core"]["faults"] == 0


def test_mpu_protects_a_range_from_stores(run_code):
    mpu = ("mww 0x20000100 0x11111111; mww 0xE000ED98 0; mww 0xE000ED9C 0x20000000;"
           "mww 0xE000EDA0 0x0600001D; mww 0xE000ED94 5; cortex_m vector_catch hard_err")
    report, out = run_code("ldr r1, =0x20000100\nldr r2, [r1]\nmovs r0, #9\nstr r0, [r1]\nb 1f\n"
                           ".ltorg\n1: nop", "stm32f407", before=mpu,
                           after="mww 0xE000ED94 0; echo [mdw 0x20000100]")
    assert report["core"]["faults"] == 1
    assert register(out, "r2") == 0x11111111
    assert "0x20000100: 11111111" in out
