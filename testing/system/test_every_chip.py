# SPDX-License-Identifier: GPL-2.0-or-later

"""Every chip row of the simulated board: probed, written at three places, verified
on the target and by the host, read back, and left in plain SPI, three-byte mode and
peace. Probes and wirings take turns."""

import json

import pytest

from conftest import ROOT
from flashlib import BASE, file_of, noise, session

ROWS = sorted((ROOT / "testing/simboard/data/chip").glob("*.json"))
PROBES = ("stlink-v3", "stlink-v2")
# four wires, of which reads of some length use two (1-1-2); one data pin; six wires,
# of which reads use four (1-1-4) where the chip lets them
WIRINGS = (("cs=PA4,clk=PA5,mosi=PA7,miso=PA6", "-mosi PA7 -miso PA6"),
           ("cs=PA4,clk=PA5,mosi=PA7,miso=PA7", "-sio PA7"),
           ("cs=PA4,clk=PA5,mosi=PA8,miso=PA9,io2=PA10,io3=PA11",
            "-mosi PA8 -miso PA9 -io2 PA10 -io3 PA11"))
BANK = ("source [find cmspi.tcl]; cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 "
        "%s")

# what opens the parts whose locks are set at power-up
UNLOCK = {"AT25DF": "cmspi cmd ext 0 0x01 0", "SST25V": "cmspi cmd ext 0 0x01 0",
          "SST26V": "cmspi cmd ext 0 0x98"}


@pytest.mark.parametrize("number,path", enumerate(ROWS), ids=[p.stem for p in ROWS])
def test_every_chip_is_written_and_released(board, tmp_path, number, path):
    row = json.loads(path.read_text())
    size = row["size_bytes"]
    times = [name + "=" + str(row["time_us"][name] // 20) for name in row["time_us"]
             if name.startswith("tBE") or name.startswith("tS") and name != "tSUS"]
    image = file_of(tmp_path / "image", b"\x55" * size)
    back = tmp_path / "back"
    data = noise(3000, seed=number)
    path = file_of(tmp_path / "data", data)
    places = (0x123, size // 2 - 1000, size - len(data))
    commands = ["flash probe ext"]
    if row["part"][:6] in UNLOCK:
        commands += ["cmspi cmd ext 0 0x06", UNLOCK[row["part"][:6]]]
    for place in places:
        commands += ["flash write_image erase %s %#x bin" % (path, BASE + place),
                     "verify_image %s %#x bin" % (path, BASE + place)]
    commands += ["flash read_bank ext %s %d 4000" % (back, places[1] - 500)]
    pins, options = WIRINGS[number % len(WIRINGS)]
    one = board(chips=((row["part"] + ":" + ",".join(times), pins),), images=(image,),
                probe=PROBES[number % 2], idle_scale=0)
    arguments = ["-c", BANK % options]
    for command in session(*commands):
        arguments += ["-c", command]
    code, out = one.run(*arguments)
    report = one.stop()
    assert code == 0, out
    assert not report["sins"], report["sin_log"]
    assert report["gpio"]["unlike_mark"] == []
    found = image.read_bytes()
    for place in places:
        assert found[place:place + len(data)] == data
    assert back.read_bytes() == found[places[1] - 500:places[1] + 3500]
    # what was not named is as it was, as far as no sector of it was
    assert found.count(0x55) > size - 5 * 262144
    state = report["chips"][0]["state"]
    assert not (state["cs_low"] or state["busy"] or state["wel"] or state["power_down"])
    assert not (state["qpi"] or state["addr4"] or state["continuous"])
    assert not state["registers"].get("EAR") and not state["registers"].get("BAR")
