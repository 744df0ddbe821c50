# SPDX-License-Identifier: GPL-2.0-or-later

"""doc/families.md: its list is complete and its example works."""

import re
import subprocess

from conftest import OPENOCD, QUIET_PORTS, ROOT

DOC = (ROOT / "doc/families.md").read_text()


def test_list_has_every_family():
    done = subprocess.run([ROOT / "contrib/gpio_conf/gpio_conf", "--list"],
                          stdout=subprocess.PIPE, timeout=60, check=True)
    families = [line.split()[0] for line in done.stdout.decode().splitlines()[1:]]
    listed = re.findall(r"^\| ([a-z0-9_]+) \|", DOC, re.MULTILINE)
    assert sorted(set(listed) - {"family"}) == sorted(families)


def test_example_makes_a_bank(tmp_path):
    example = re.search(r"```tcl\n(.*?)```", DOC, re.DOTALL).group(1)
    (tmp_path / "my.cfg").write_text(example)
    done = subprocess.run(
        [OPENOCD, "-s", ROOT / "tcl", *QUIET_PORTS, "-f", "interface/stlink-dap.cfg",
         "-c", "transport select dapdirect_swd", "-f", "target/stm32f3x.cfg", "-f",
         tmp_path / "my.cfg", "-c", "echo [flash list]; shutdown"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0 and "name ext driver cmspi" in said, said
