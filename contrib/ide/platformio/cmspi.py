# SPDX-License-Identifier: GPL-2.0-or-later

"""PlatformIO, extra_scripts = post:cmspi.py: sections .extflash go into the chip."""

Import("env")  # noqa: F821, from SCons

env = globals()["env"]
env.Append(LINKFLAGS=["-T", "$PROJECT_DIR/extflash.ld"])
# The .bin begins in the internal flash and would be 2 GiB long up to the chip; the
# ELF is what gets programmed.
env.Replace(OBJCOPY=env["OBJCOPY"] + " --remove-section=.extflash")
