#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes inputs of the fuzz targets 'facts' and 'answers' out of the simulated chips
of testing/simboard/data, where fuzzing begins: seeds.py FOLDER fills FOLDER/facts and
FOLDER/answers."""

import json
import pathlib
import sys

DATA = pathlib.Path(__file__).resolve().parents[1] / "simboard" / "data"
SFDP_BYTES = 512


def sfdp_of(row):
    """The row's SFDP from address 0, as far as it is there without gaps."""
    name = row.get("sfdp")
    path = DATA / "sfdp" / f"{name}.hex"
    if not isinstance(name, str) or not path.exists():
        return b""
    dump = bytearray()
    for line in path.read_text().splitlines():
        if not line.startswith(("#", "@")):
            dump += bytes.fromhex(line)
    return bytes(dump[:SFDP_BYTES])


def inputs():
    """Name, ID, SFDP of each simulated chip that has an ID."""
    for path in sorted((DATA / "chip").glob("*.json")):
        row = json.loads(path.read_text())
        chip_id = bytes.fromhex(row.get("jedec_id", "").replace(" ", ""))
        if chip_id:
            yield path.stem, (chip_id * 6)[:6], sfdp_of(row)


def main(folder):
    for target in ("facts", "answers"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for i, (name, chip_id, sfdp) in enumerate(inputs()):
        (folder / "facts" / name).write_bytes(
            chip_id + bytes([i, 0, 0]) + (0x1000 * i).to_bytes(4, "big") +
            (0x20000).to_bytes(4, "big") + sfdp)
        (folder / "answers" / name).write_bytes(chip_id + bytes([i % 16, 0]) + sfdp)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
