# SPDX-License-Identifier: GPL-2.0-or-later

"""How fast whole operations are in virtual time, beside what is possible."""

import dataclasses

import board
import limits
from rows import figure

WANTED_RATIO = 0.95
WANTED_PROBE_REQUESTS = 12
MIB = 1 << 20

# name: (command, contents before, what to compare afterwards)
OPERATIONS = {
    "program": ("flash write_image {{data}} {base:#x} bin", "erased", "chip"),
    "erase and program": ("flash write_image erase {{data}} {base:#x} bin", "zeros", "chip"),
    "verify": ("verify_image {{data}} {base:#x} bin", "data", ""),
    "read": ("flash read_bank ext {{out}} 0 {count}", "data", "out"),
    "blank check": ("flash erase_check ext", "erased", ""),
}

# name: (row of simboard, target file, core of the loops, clocks in MHz)
TARGETS = {
    "F407": ("stm32f407", "stm32f4x", "M4"),
    "F030": ("stm32f030", "stm32f0x", "M0"),
    "G071": ("stm32g071", "stm32g0x", "M0+ IO port"),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """An operation somewhere."""
    operation: str
    probe: str = "V3"
    mhz: float = 64
    t_pp_us: int = 400
    count: int = MIB
    target: str = "F407"
    work_area_bytes: int = 0

    @property
    def core(self):
        return limits.Core(TARGETS[self.target][2], self.mhz)

    def session(self, commands=(), **more):
        mcu, target, _ = TARGETS[self.target]
        probe = limits.PROBES[self.probe]
        return board.Session(
            commands=commands, mcu=mcu, target=target, probe=probe.simboard,
            swd_khz=probe.swd_khz, mhz=self.mhz, work_area_bytes=self.work_area_bytes,
            chip="%s:tPP=%d" % (board.CHIP, self.t_pp_us), **more)

    @property
    def sessions(self):
        """Without the operation and with it."""
        command, contents, expect = OPERATIONS[self.operation]
        options = {"bank_options": "-size %d" % self.count} \
            if self.operation == "blank check" else {}
        with_it = self.session((command.format(base=board.BASE, count=self.count),),
                               contents=contents, data_bytes=self.count, expect=expect,
                               **options)
        return dataclasses.replace(with_it, commands=(), data_bytes=0, expect=""), with_it

    def start(self, lab):
        lab.start(*self.sessions)
        self.core.start(lab)

    def cost(self, lab):
        without, with_it = (lab.cost(session) for session in self.sessions)
        return with_it - without

    def limit_us(self, lab):
        return limits.limit_us(lab, self.operation, limits.PROBES[self.probe], self.core,
                               self.count, self.t_pp_us)

    @property
    def name(self):
        size = "%d MiB" % (self.count // MIB) if self.count >= MIB else "%d KiB" % (
            self.count // 1024)
        words = [self.operation, size, self.target, "%g MHz" % self.mhz, self.probe]
        if "program" in self.operation:
            words.append("tPP %.1f ms" % (self.t_pp_us / 1000))
        if self.work_area_bytes:
            words.append("work area %d KiB" % (self.work_area_bytes // 1024))
        return " ".join(words)


def everywhere(operation, **options):
    return [Case(operation, probe, mhz, **options)
            for probe in limits.PROBES for mhz in (16, 64, 168)]


# What a quick look shows, what the usual one does, what takes long.
QUICK = [Case("program", count=64 * 1024), Case("verify", count=64 * 1024)]
USUAL = [
    *everywhere("program"),
    *everywhere("program", t_pp_us=700),
    *everywhere("erase and program"),
    *everywhere("erase and program", t_pp_us=700),
    *everywhere("verify"),
    *everywhere("read"),
    *everywhere("blank check"),
    # the stock work areas here are 4 KiB, that of the F407 is 32 KiB
    *[Case(operation, probe, mhz, target=target, count=256 * 1024)
      for target, mhz in (("F030", 48), ("G071", 64)) for probe in limits.PROBES
      for operation in ("program", "verify", "read")],
    *[Case(operation, probe, count=8 * MIB) for operation in OPERATIONS
      for probe in limits.PROBES],
]
LONG = [
    *[case for operation in OPERATIONS for case in everywhere(operation, count=8 * MIB)],
    *[case for operation in ("program", "erase and program")
      for case in everywhere(operation, t_pp_us=700, count=8 * MIB)],
]


def kib_s(count, us):
    return count / 1024 / us * 1e6


def case_figures(lab, case):
    took_us, limit_us = case.cost(lab).virtual_ns / 1000, case.limit_us(lab)
    limit = kib_s(case.count, limit_us)
    return [figure(case.name, "KiB/s", round(kib_s(case.count, took_us), 1),
                   round(WANTED_RATIO * limit, 1), round(limit, 1)),
            figure(case.name + ", of its limit", "ratio", round(limit_us / took_us, 4),
                   WANTED_RATIO, 1)]


# ---- probing -----------------------------------------------------------------

def probe_sessions(probe):
    """Nothing, a probe; two stub runs of the smallest size behind it."""
    case, command = Case("", probe), "cmspi cmd ext 3 0x9f"
    return [case.session(probed=False), case.session(), case.session((command,)),
            case.session((command, command))]


def start_probing(lab):
    for probe in limits.PROBES:
        lab.start(*probe_sessions(probe))


def probe_figures(lab):
    rows = []
    for probe in limits.PROBES:
        nothing, probed, once, twice = (lab.cost(s) for s in probe_sessions(probe))
        start = twice - once
        rows += [
            figure("requests of a stub run of 3 bytes, %s" % probe, "requests", start.requests),
            figure("requests of a probe with SFDP beyond a stub run, %s" % probe, "requests",
                   (probed - nothing).requests - start.requests, WANTED_PROBE_REQUESTS),
            figure("probe with SFDP, %s" % probe, "ms",
                   round((probed - nothing).virtual_ns / 1e6, 2)),
        ]
    return rows
