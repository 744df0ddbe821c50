# SPDX-License-Identifier: GPL-2.0-or-later

"""What the stub needs of the target's RAM, and what more of it buys."""

import re

import board
import limits
from rates import Case, kib_s
from rows import figure

WANTED_SMALLEST_BYTES = 1024
SHARE_AT_4_KIB = 0.90

# Words that stand in for tables, see cmspi_loops.h
DATA_TABLE_BYTES = 64 * 4
CRC_TABLE_BYTES = 256 * 4

# Sets as the driver puts them together (cmspi_loops.c, cmspi_stub_image.c) for long
# operations: arrays of the committed stub, and tables
SETS = {
    "program, one port": (("core_program", "tx1_pair0", "rx1_fast0"), DATA_TABLE_BYTES),
    "program, plain register": (("core_program", "tx1_plain0", "rx1_fast0"), DATA_TABLE_BYTES),
    "program, two ports": (("core_program", "tx1_three0", "rx1_fast0"), DATA_TABLE_BYTES),
    "program and look, one port": (("core_write", "tx1_pair0", "rx1_delay"), DATA_TABLE_BYTES),
    "read 1-1-1": (("core_read", "tx1_bits", "rx1_fast0"), 0),
    "read 1-1-2": (("core_read", "tx1_bits", "rx2_fast0"), 0),
    "verify 1-1-2": (("core_sums", "tx1_bits", "rx1_delay", "crc2_fast0"), CRC_TABLE_BYTES),
    "blank check": (("core_sums", "tx1_bits", "rx1_delay", "blank1_fast0"), 0),
    "program, smallest": (("core_program", "tx1_bits", "rx1_delay"), 0),
    "read, smallest": (("core_read", "tx1_bits", "rx1_delay"), 0),
    "verify, smallest": (("core_sums", "tx1_bits", "rx1_delay", "crc_rx"), 0),
    "all by the proxy": (("core_proxy", "tx1_bits", "rx1_delay"), 0),
}

AREAS_KIB = (1, 2, 4, 8, 16, 64)
# enough for a full rate, little enough to be quick
COUNT = 128 * 1024
LEAST_BYTES, MOST_BYTES, STEP_BYTES = 256, 4096, 32


def sizes():
    """Bytes of the arrays in the committed stub."""
    text = "".join((board.TOP / "contrib/loaders/spi" / name).read_text()
                   for name in ("cmspi_core.inc", "cmspi_proxy.inc", "cmspi_stub.inc"))
    arrays = re.findall(r"cmspi_(\w+)\[\][^{]*\{([^}]*)\}", text)
    return {name: len(re.findall(r"0x[0-9a-fA-F]{2}\b", body)) for name, body in arrays}


def size_figures():
    by_name = sizes()
    return [figure("stub for %s: code and tables" % name, "bytes",
                   sum(by_name[loop] + -by_name[loop] % 4 for loop in loops) + table_bytes)
            for name, (loops, table_bytes) in SETS.items()]


# ---- rates by work area --------------------------------------------------------

def area_case(operation, probe, area_kib):
    return Case(operation, probe, count=COUNT, work_area_bytes=area_kib * 1024)


def start_areas(lab):
    for operation in ("program", "read"):
        for probe in limits.PROBES:
            for area_kib in AREAS_KIB:
                area_case(operation, probe, area_kib).start(lab)


def area_figures(lab):
    rows = []
    for operation in ("program", "read"):
        for probe in limits.PROBES:
            costs = {kib: area_case(operation, probe, kib).cost(lab).virtual_ns
                     for kib in AREAS_KIB}
            full_ns = costs[AREAS_KIB[-1]]
            for kib, cost_ns in costs.items():
                name = area_case(operation, probe, kib).name
                rows += [figure(name, "KiB/s", round(kib_s(COUNT, cost_ns / 1000), 1)),
                         figure(name + ", of the rate with %d KiB" % AREAS_KIB[-1], "ratio",
                                round(full_ns / cost_ns, 4),
                                SHARE_AT_4_KIB if kib == 4 else None, 1)]
    return rows


# ---- the smallest work area ----------------------------------------------------

def works(lab, area_bytes):
    """Do erase, program, read and verify of a page run by code on the target?"""
    case = Case("program", target="F030", mhz=48, work_area_bytes=area_bytes)
    commands = ("flash erase_sector ext 0 0", "flash write_bank ext {data}", "flash read_bank ext {out} 0 256",
                "verify_image {data} %#x bin" % board.BASE)
    said = lab.cost(case.session(commands, data_bytes=256, expect="out")).said
    return "too small for the stub" not in said


def smallest_figure(lab):
    fails, fits = LEAST_BYTES, MOST_BYTES
    while fits - fails > STEP_BYTES:
        middle = (fails + fits) // 2 // STEP_BYTES * STEP_BYTES
        if works(lab, middle):
            fits = middle
        else:
            fails = middle
    return figure("smallest work area that erases, programs, reads and verifies", "bytes", fits,
                  WANTED_SMALLEST_BYTES)
