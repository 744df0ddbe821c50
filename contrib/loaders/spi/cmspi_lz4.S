/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Decoder of one LZ4 block (lz4_Block_format.md of LZ4 1.9.4), a module of
 * the stub like its loops: ARMv6-M, position-independent, no data of its own.
 *
 * Host and link are not trusted: a block that is not one makes an error, and
 * no byte outside the two buffers is read or written.
 */

	.syntax unified
	.cpu cortex-m0
	.thumb

/* \count bytes from \from to \to, lowest address first, because a match may
 * overlap what it makes: both pointers are moved to their ends, and \count
 * runs from minus count to 0. r6 is lost. 8 cycles a byte on an M0. */
.macro copy_up to, from, count
	adds	\to, \to, \count
	adds	\from, \from, \count
	rsbs	\count, \count, #0
	beq	8f
7:	ldrb	r6, [\from, \count]
	strb	r6, [\to, \count]
	adds	\count, #1
	bne	7b
8:
.endm

/* \length += the bytes that follow a nibble of 15: up to the first that is
 * not 255. r0 = source, r2 = its end; r6 is lost. */
.macro more_length length
	cmp	\length, #15
	bne	8f
7:	cmp	r0, r2
	bhs	bad
	ldrb	r6, [r0]
	adds	r0, #1
	adds	\length, \length, r6
	cmp	r6, #255
	beq	7b
8:
.endm

	.section .text.lz4, "ax"
	/* r0 = source, r1 = destination, r2, r3 = their ends; r8 to r11 are kept.
	 * Returns r0 = 1: the block filled the destination exactly; 0: bad block */
	.global lz4
lz4:
	mov	r12, r1			/* a match begins no earlier than here */
sequence:
	cmp	r0, r2
	bhs	bad
	ldrb	r4, [r0]		/* token */
	adds	r0, #1
	lsrs	r5, r4, #4
	more_length r5
	subs	r6, r2, r0
	cmp	r5, r6
	bhi	bad
	subs	r6, r3, r1
	cmp	r5, r6
	bhi	bad
	copy_up	r1, r0, r5		/* literals */
	subs	r6, r2, r0
	beq	block_end		/* the last sequence has no match */
	cmp	r6, #2
	blo	bad
	ldrb	r5, [r0]
	ldrb	r6, [r0, #1]
	adds	r0, #2
	lsls	r6, r6, #8
	orrs	r5, r6			/* distance of the match */
	beq	bad
	mov	r6, r12
	subs	r6, r1, r6
	cmp	r5, r6
	bhi	bad
	subs	r5, r1, r5
	lsls	r4, r4, #28
	lsrs	r4, r4, #28
	more_length r4
	adds	r4, #4			/* the least match */
	subs	r6, r3, r1
	cmp	r4, r6
	bhi	bad
	copy_up	r1, r5, r4
	b	sequence
block_end:
	cmp	r1, r3
	bne	bad
	movs	r0, #1
	bx	lr
bad:
	movs	r0, #0
	bx	lr
	.align	2
