# SPDX-License-Identifier: GPL-2.0-or-later

"""The unit tests in testing/tcl, one pytest test for each Tcl test. One of them
by hand: jimsh testing/tcl/harness.tcl FILE NAME (tclsh will do as well)"""

import re
import shutil
import subprocess

import pytest

from conftest import ROOT

FOLDER = ROOT / "testing/tcl"


def all_tests():
    """(file, name) of every `test NAME {` line."""
    return [(path.name, name)
            for path in sorted(FOLDER.glob("test_*.tcl"))
            for name in re.findall(r"^test (\S+) \{", path.read_text(), re.MULTILINE)]


@pytest.mark.parametrize("file,name", all_tests())
def test_tcl(file, name):
    shell = shutil.which("jimsh") or shutil.which("tclsh")
    if not shell:
        pytest.skip("neither jimsh nor tclsh")
    done = subprocess.run([shell, FOLDER / "harness.tcl", FOLDER / file, name],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    said = done.stdout.decode(errors="replace")
    assert said.startswith("ok " + name) and done.returncode == 0, said
