# SPDX-License-Identifier: GPL-2.0-or-later

# cmspi.tcl: one line that makes a flash bank of a serial memory chip on any
# GPIO pins:
#
#     source [find cmspi.tcl]
#     cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
#
# What a family's registers look like is data in cmspi/gpio and cmspi/clock;
# what to make of it is in the files sourced first. Sourcing this file twice is
# harmless.

source [find cmspi/family.tcl]
source [find cmspi/pins.tcl]
source [find cmspi/clock.tcl]
source [find cmspi/boost.tcl]
source [find cmspi/bank.tcl]
source [find cmspi/diagnose.tcl]
source [find cmspi/adapter.tcl]
source [find cmspi/session.tcl]
source [find cmspi/image.tcl]
source [find cmspi/help.tcl]

source [find cmspi/clock/stm32.tcl]
source [find cmspi/clock/gd32_at32.tcl]
source [find cmspi/gpio/stm32_moder.tcl]
source [find cmspi/gpio/stm32_crl_crh.tcl]
