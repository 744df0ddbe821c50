# SPDX-License-Identifier: GPL-2.0-or-later

# Programs what a project builds into both flashes:
#
#     include(contrib/ide/cmake/cmspi.cmake)
#     add_executable(app main.c)
#     cmspi_extflash(app)
#     cmspi_flash(app CONFIG my-board.cfg)
#
#     cmake --build build --target flash
#
# CMSPI_OPENOCD is the OpenOCD to start, CMSPI_OPENOCD_OPTIONS a list of what it
# gets before the configuration: cmake -DCMSPI_OPENOCD=... -S . -B build

set(CMSPI_OPENOCD openocd CACHE STRING "OpenOCD with the driver cmspi")
set(CMSPI_OPENOCD_OPTIONS "" CACHE STRING "options of OpenOCD before the board's file")
set(CMSPI_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

# cmspi_extflash(TARGET): sections .extflash of TARGET go into the chip. For another
# address or size, copy extflash.ld and link with -T by yourself.
function(cmspi_extflash target)
	target_link_options(${target} PRIVATE -T ${CMSPI_CMAKE_DIR}/extflash.ld)
	set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${CMSPI_CMAKE_DIR}/extflash.ld)
endfunction()

# cmspi_flash(TARGET CONFIG FILE [NAME flash]): adds a build target that programs
# and verifies TARGET, and lets it run. FILE as after OpenOCD's -f; one that lies in
# the source folder is taken from there.
function(cmspi_flash target)
	cmake_parse_arguments(FLASH "" "CONFIG;NAME" "" ${ARGN})
	if(NOT FLASH_CONFIG OR FLASH_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "usage: cmspi_flash(TARGET CONFIG FILE [NAME flash])")
	endif()
	if(NOT FLASH_NAME)
		set(FLASH_NAME flash)
	endif()
	add_custom_target(${FLASH_NAME}
		COMMAND ${CMSPI_OPENOCD} ${CMSPI_OPENOCD_OPTIONS} -s ${CMAKE_CURRENT_SOURCE_DIR}
			-f ${FLASH_CONFIG} -c "program {$<TARGET_FILE:${target}>} verify reset exit"
		DEPENDS ${target} USES_TERMINAL VERBATIM)
endfunction()
