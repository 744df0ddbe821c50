/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The proxy: a core that is a tenth of cmspi_core.S. It makes the accesses that the
 * host lists, one list after the other, and knows nothing of steps. ARMv6-M only,
 * position-independent; see cmspi_abi.h for its contract.
 */

#include "cmspi_asm.S"

/* here are so many bytes behind the start */
.macro at_offset offset
	.if	. - proxy - \offset
	.error	"an offset in cmspi_abi.h is wrong"
	.endif
.endm

	.section .text.core_proxy, "ax"
	.global proxy
proxy:
	cpsid	i			/* hla does not mask for algorithms */
	b	start
	at_offset CMSPI_EXIT_OFFSET
exit:
	bkpt	#0

	/* r0 = pairs of address and word to store there, r1 = their bytes; each stays
	 * for as long as CS stays high */
	at_offset CMSPI_PROXY_STORE
store:
	mov	r7, r8
	ldr	r6, [r7, #CMSPI_CTX_CS_DELAY]
1:	ldm	r0!, {r2, r3}
	str	r3, [r2]
	movs	r4, r6
2:	subs	r4, #1
	bne	2b
	subs	r1, #8
	bne	1b
	bx	lr

	/* r0 = pairs of address and room for the word loaded there, r1 = their bytes */
	at_offset CMSPI_PROXY_LOAD
load:
	ldm	r0!, {r2}
	ldr	r2, [r2]
	stm	r0!, {r2}
	subs	r1, #8
	bne	load
	bx	lr

/* r9 = next entry, r10 = list */
start:
	mov	r8, r0
next_list:
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_WDOG_ADDR]
	ldr	r2, [r7, #CMSPI_CTX_WDOG_WORD]
	str	r2, [r1]
	ldr	r0, [r7, #CMSPI_CTX_IN_WP]
	cmp	r0, #0
	beq	exit
	cmp	r0, r7
	beq	next_list
	str	r7, [r7, #CMSPI_CTX_IN_WP]
	mov	r10, r0
	adds	r0, #CMSPI_PROXY_DONE_BYTES
next_entry:
	ldm	r0!, {r1, r3}		/* bytes, loop */
	adds	r2, r1, #3
	lsrs	r2, r2, #2
	lsls	r2, r2, #2
	adds	r2, r2, r0
	mov	r9, r2
	blx	r3
	mov	r0, r9
	cmp	r0, r8
	bne	next_entry
	mov	r0, r10
	str	r0, [r0]
	b	next_list
	.align	2
