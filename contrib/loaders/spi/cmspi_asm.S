/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the core and the loops share as assembler sources.
 */

#include "cmspi_abi.h"

	.syntax unified
	.cpu cortex-m0
	.thumb

/* \reg = address of the context's word at \offset */
.macro ctx_at reg, offset
	mov	\reg, r8
	adds	\reg, #\offset
.endm
