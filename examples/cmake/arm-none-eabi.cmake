# SPDX-License-Identifier: GPL-2.0-or-later

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
# there is no operating system to link a trial program for
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
