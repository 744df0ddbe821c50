# SPDX-License-Identifier: GPL-2.0-or-later

"""doc/cmspi.texi: good texinfo, and the same commands and options as the programs have."""

import re
import shutil
import subprocess

import pytest

from conftest import OPENOCD, QUIET_PORTS, ROOT
from flashlib import BANK, file_of

MANUAL = (ROOT / "doc/cmspi.texi").read_text()


def plain(texinfo):
    """The words of a @deffn line without its markup."""
    text = re.sub(r"@(?:option|code|var)\{([^}]*)\}", r"\1", texinfo)
    text = text.replace("@dots{}", "...").replace("@{", "{").replace("@}", "}")
    return " ".join(re.sub(r"@\n", " ", text).split())


def definitions():
    """{command: (usage, body)} of the manual's commands."""
    joined = re.sub(r"@\n", " ", MANUAL)
    found = re.findall(r"^@deffn \{Command\} \{([^}]*)\} ?(.*)\n((?:(?!@deffn|@end deffn).*\n)*)",
                       joined, re.MULTILINE)
    return {name: (plain(usage), body) for name, usage, body in found}


def told():
    """{command: usage} as OpenOCD's `help` tells them, of the driver and of cmspi.tcl."""
    done = subprocess.run(
        [OPENOCD, "-s", ROOT / "tcl", *QUIET_PORTS, "-f", "interface/stlink-dap.cfg",
         "-c", "transport select dapdirect_swd", "-f", "target/stm32f4x.cfg",
         # OpenOCD knows a driver's commands once it has a bank of it
         "-c", BANK, "-c", "help cmspi", "-c", "shutdown"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said
    # usage goes on ten columns further right, what follows in six is the help
    found = re.findall(r"^( {0,4})((?:cmspi )?cmspi_?\w*.*(?:\n\1 {10,}.*)*)$", said, re.MULTILINE)
    lines = [line for _, line in found]
    tcl = "".join(path.read_text() for path in (ROOT / "tcl").glob("cmspi/**/*.tcl"))
    names = re.findall(r"add_usage_text (\w+)", tcl)
    lines = [" ".join(line.replace("'", "").split()) for line in lines]
    # "cmspi otp", and then what it has
    groups = [a for a in lines if a.count(" ") == 1 and any(b.startswith(a + " ") for b in lines)]
    found = {}
    for words in lines:
        group = " ".join(words.split()[:2])
        if words in groups:
            continue
        count = 1 if words.split()[0] in names else 3 if group in groups else 2
        found[" ".join(words.split()[:count])] = " ".join(words.split()[count:])
    found.pop("cmspi", None)
    assert set(names) <= set(found), "help says nothing of %s" % (set(names) - set(found))
    return found


def test_the_manual_is_good_texinfo(tmp_path):
    if not shutil.which("makeinfo"):
        pytest.skip("no makeinfo (package texinfo)")
    whole = "\\input texinfo\n@settitle cmspi\n@node Top\n@top cmspi\n" + MANUAL + "@bye\n"
    done = subprocess.run(["makeinfo", "--plaintext", "-o", tmp_path / "cmspi.txt",
                           file_of(tmp_path / "cmspi.texi", whole.encode())],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout


def test_the_manual_has_every_command_and_no_other():
    documented = {name: usage for name, (usage, _) in definitions().items() if name != "flash bank"}
    offered = told()
    assert sorted(offered) == sorted(documented)
    for name, usage in sorted(offered.items()):
        assert documented[name] == usage, "%s: the manual's line differs from `help`" % name


def test_the_manual_explains_every_option_of_a_command():
    for name, (usage, body) in definitions().items():
        for option in re.findall(r"(?<![\w-])-[a-z][\w-]*", usage):
            assert "@option{%s}" % option in body, "%s: nothing is said of %s" % (name, option)


def test_the_manual_has_every_option_of_cmspi_bank():
    bank = (ROOT / "tcl/cmspi/bank.tcl").read_text()
    known = set(re.findall(r"^\t(-[a-z0-9-]+) +\{", bank, re.MULTILINE))
    known |= set(re.search(r"cmspi_flags \{(.*)\}", bank).group(1).split())
    assert len(known) >= 12
    assert set(re.findall(r"(?<![\w-])-[a-z][\w-]*", definitions()["cmspi_bank"][0])) == known


def test_the_manual_has_every_option_of_the_bank_line():
    """What the driver takes apart: literals of options, and the names of the lines."""
    options = (ROOT / "src/flash/nor/cmspi_options.c").read_text()
    lines = re.search(r"line_names\[CMSPI_LINES\] = \{(.*?)\};",
                      (ROOT / "src/flash/nor/cmspi_pins.c").read_text(), re.DOTALL).group(1)
    known = set(re.findall(r'"(-[a-z][a-z0-9-]*)"', options))
    known |= {"-" + name for name in re.findall(r'"(\w+)"', lines)}
    documented = set(re.findall(r"@option\{(-[a-z][a-z0-9-]*)", definitions()["flash bank"][1]))
    assert known == documented
