/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Entry of a run that found its code and tables in RAM and did not send them
 * again: sums them up first, because since then anybody may have written there.
 * ARMv6-M, position-independent; see cmspi_abi.h.
 */

	.syntax unified
	.cpu cortex-m0
	.thumb

#include "cmspi_abi.h"

	.section .text.guard, "ax"
	/* As the core's entry: r0 = context, kept. It lies in the stack, of which
	 * it needs nothing; its words lie on top, where an NMI comes first: they
	 * have been read by then. */
	.global guard
guard:
	cpsid	i
	adr	r7, words
	ldm	r7!, {r1, r2, r3, r4}	/* first word, end, their sum, core */
	movs	r5, #0
	movs	r6, #CMSPI_GUARD_TURN
1:	ldm	r1!, {r7}
	eors	r5, r7
	rors	r5, r6
	lsls	r7, r5, #2
	adds	r5, r7
	cmp	r1, r2
	bne	1b
	cmp	r5, r3
	bne	2f
	bx	r4
2:
	.if	. - guard - CMSPI_GUARD_EXIT_OFFSET
	.error	"CMSPI_GUARD_EXIT_OFFSET is wrong"
	.endif
	bkpt	#0
	.align	2
words:
	.space	CMSPI_GUARD_BYTES - CMSPI_GUARD_WORDS
