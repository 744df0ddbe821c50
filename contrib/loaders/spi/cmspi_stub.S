/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The stub's loops: Thumb code in target RAM that moves bytes between memory
 * and GPIO pins, called by the core (cmspi_core.S); see cmspi_abi.h for their
 * contract. ARMv6-M only (also for M3 and later), position-independent.
 */

#include "cmspi_asm.S"

/* ---- loops with a delay: any pins, any speed ---------------------------- */

	.section .text.tx1_delay, "ax"
	/* Three stores a clock cycle serve every port kind: CLK low, data, CLK
	 * high. Where one store does two of these, one is sent again. */
	.global tx1_delay
tx1_delay:
	mov	r2, r9			/* keep the core's registers */
	mov	r3, r10
	mov	r4, r11
	push	{r2, r3, r4, lr}
	add	r1, r0
	mov	r9, r1			/* end */
tx1_delay_byte:
	ldrb	r1, [r0]
	adds	r0, #1
	mov	r10, r0
	lsls	r1, r1, #24
	movs	r2, #8
tx1_delay_bit:
	mov	r11, r2
	mov	r7, r8
	ldr	r3, [r7, #CMSPI_CTX_LO_ADDR]
	ldr	r4, [r7, #CMSPI_CTX_LO_WORD]
	ldr	r0, [r7, #CMSPI_CTX_DATA_ADDR]
	ldr	r2, [r7, #CMSPI_CTX_DELAY]
	ldr	r5, [r7, #CMSPI_CTX_DATA_WORD0]
	ldr	r6, [r7, #CMSPI_CTX_HI_WORD0]
	lsls	r1, r1, #1
	bcc	1f
	ldr	r5, [r7, #CMSPI_CTX_DATA_WORD1]
	ldr	r6, [r7, #CMSPI_CTX_HI_WORD1]
1:	str	r4, [r3]
	str	r5, [r0]
	movs	r0, r2
2:	subs	r0, #1
	bne	2b
	ldr	r3, [r7, #CMSPI_CTX_HI_ADDR]
	str	r6, [r3]
3:	subs	r2, #1
	bne	3b
	mov	r2, r11
	subs	r2, #1
	bne	tx1_delay_bit
	mov	r0, r10
	cmp	r0, r9
	bne	tx1_delay_byte
	pop	{r2, r3, r4}
	mov	r9, r2
	mov	r10, r3
	mov	r11, r4
	pop	{pc}
	.align	2

	/* Two or four lines, on any ports. r1 = bits left of the byte, from the top,
	 * with a one behind the last; r2 = value of the lines, times four; r9 = end,
	 * r10 = source */
.macro tx_delay name, lines
	.section .text.\name, "ax"
	.global \name
\name:
	mov	r2, r9
	mov	r3, r10
	push	{r2, r3, lr}
	add	r1, r0
	mov	r9, r1
1:	ldrb	r1, [r0]
	adds	r0, #1
	mov	r10, r0
	lsls	r1, r1, #1
	adds	r1, #1
	lsls	r1, r1, #23
2:	lsrs	r2, r1, #32 - \lines
	.if	\lines == 2
	adds	r2, #CMSPI_LINES_HELD
	.endif
	lsls	r2, r2, #2
	mov	r7, r8
	ldr	r3, [r7, #CMSPI_CTX_LO_ADDR]
	ldr	r4, [r7, #CMSPI_CTX_LO_WORD]
	ctx_at	r5, CMSPI_CTX_LINES
	ldr	r5, [r5]
	adds	r5, #CMSPI_LINES_HIGH
	str	r4, [r3]
	ldm	r5!, {r0, r3, r4}	/* CLK high: word, mask; ports */
	ldr	r6, [r5]		/* the first: address */
	adds	r7, r5, #4
	ldr	r7, [r7, r2]
	str	r7, [r6]
	ands	r7, r3
	orrs	r7, r0
3:	subs	r4, #1
	beq	4f
	adds	r5, #CMSPI_LINES_PORT_BYTES
	ldr	r6, [r5]
	adds	r3, r5, #4
	ldr	r3, [r3, r2]
	str	r3, [r6]
	b	3b
4:	mov	r5, r8
	ldr	r4, [r5, #CMSPI_CTX_DELAY]
	movs	r0, r4
5:	subs	r0, #1
	bne	5b
	ldr	r3, [r5, #CMSPI_CTX_HI_ADDR]
	str	r7, [r3]
6:	subs	r4, #1
	bne	6b
	lsls	r1, r1, #\lines
	lsls	r2, r1, #1		/* nothing but the one left? */
	bne	2b
	mov	r0, r10
	cmp	r0, r9
	bne	1b
	pop	{r2, r3}
	mov	r9, r2
	mov	r10, r3
	pop	{pc}
	.align	2
.endm

	tx_delay tx2_delay, 2
	tx_delay tx4_delay, 4

	/* One line; two: MISO brings the higher bit, MOSI the lower; four, from
	 * registers of their own */
.macro rx_delay name, lines
	.section .text.\name, "ax"
	.global \name
\name:
	mov	r2, r9
	mov	r3, r10
	push	{r2, r3, lr}
	add	r1, r0
	mov	r9, r1
1:	movs	r1, #1			/* leaves at the top after eight bits */
	mov	r10, r0
2:	mov	r7, r8
	ldr	r2, [r7, #CMSPI_CTX_DELAY]
	ldr	r3, [r7, #CMSPI_CTX_LO_ADDR]
	ldr	r4, [r7, #CMSPI_CTX_LO_WORD]
	ldr	r5, [r7, #CMSPI_CTX_HI_ADDR]
	ldr	r6, [r7, #CMSPI_CTX_HI_WORD]
	str	r4, [r3]
	movs	r0, r2
3:	subs	r0, #1
	bne	3b
	str	r6, [r5]
4:	subs	r2, #1
	bne	4b
	.if	\lines == 4
	ctx_at	r5, CMSPI_CTX_LINES
	ldr	r5, [r5]
	.rept	4
	ldm	r5!, {r3, r4}
	ldr	r3, [r3]
	lsrs	r3, r4
	adcs	r1, r1
	.endr
	.else
	ldr	r3, [r7, #CMSPI_CTX_IN_ADDR]
	ldr	r4, [r7, #CMSPI_CTX_IN_SHIFT]
	.endif
	.if	\lines == 2
	ctx_at	r5, CMSPI_CTX_IN0_SHIFT
	ldr	r5, [r5]
	ldr	r3, [r3]
	movs	r2, r3
	lsrs	r2, r4
	adcs	r1, r1
	lsrs	r3, r5
	adcs	r1, r1
	.endif
	.if	\lines == 1
	ldr	r3, [r3]
	lsrs	r3, r4
	adcs	r1, r1
	.endif
	lsrs	r2, r1, #8
	beq	2b
	mov	r0, r10
	strb	r1, [r0]
	adds	r0, #1
	cmp	r0, r9
	bne	1b
	pop	{r2, r3}
	mov	r9, r2
	mov	r10, r3
	pop	{pc}
	.align	2
.endm

	rx_delay rx1_delay, 1
	rx_delay rx2_delay, 2
	rx_delay rx4_delay, 4

/* r1 = a byte from whichever receive loop there is; SPARE holds it for a moment */
.macro any_byte_in
	ctx_at	r0, CMSPI_CTX_SPARE
	movs	r1, #1
	ctx_at	r3, CMSPI_CTX_STEP
	ldr	r3, [r3, #CMSPI_AT_RX]
	blx	r3
	ctx_at	r0, CMSPI_CTX_SPARE
	ldrb	r1, [r0]
.endm

	.section .text.crc_rx, "ax"
	/* Any receive loop as a CRC-32 (04C11DB7, most significant bit first)
	 * sink: small, not fast. */
	.global crc_rx
crc_rx:
	push	{r0, r1, lr}
1:	any_byte_in
	lsls	r1, r1, #24
	ldr	r0, [sp]
	eors	r0, r1
	ldr	r3, =0x04c11db7
	movs	r2, #8
2:	lsls	r0, r0, #1
	bcc	3f
	eors	r0, r3
3:	subs	r2, #1
	bne	2b
	ldr	r1, [sp, #4]
	str	r0, [sp]
	subs	r1, #1
	str	r1, [sp, #4]
	bne	1b
	pop	{r0, r1, pc}
	.align	2
	.pool

	.section .text.blank_rx, "ax"
	.global blank_rx
blank_rx:
	push	{r1, lr}
1:	any_byte_in
	movs	r0, #0
	cmp	r1, #0xff
	bne	2f
	ldr	r1, [sp]
	subs	r1, #1
	str	r1, [sp]
	bne	1b
	movs	r0, #1
2:	pop	{r1, pc}
	.align	2

/* ---- fast loops: no call, no pointer and no branch inside a byte -------- */

/* Cycles that stretch each half of a clock, on cores too fast for the chip.
 * Not NOP, which an M3 or M4 may drop. */
.macro pad cycles
	.rept	\cycles
	mov	r8, r8
	.endr
.endm

/* bne 1b, which does not reach that far over many pads */
.macro again cycles
	.if	\cycles > 1
	beq	8f
	b	1b
8:
	.else
	bne	1b
	.endif
.endm

/* r4 to r7 = the four store words of a nibble; its number * 16 is in r4,
 * the table's address in \table */
.macro nibble_words table
	add	r4, \table
	ldm	r4, {r4, r5, r6, r7}
.endm

/* CLK and MOSI on one port, CLK high is always the same word (r3) */
.macro bit_pair word, cycles
	str	\word, [r2, #CMSPI_PATCH_LOW]
	pad	\cycles
	str	r3, [r2, #CMSPI_PATCH_HIGH]
	pad	\cycles
.endm

/* CLK and MOSI on one plain output register: CLK high keeps MOSI (r3 = CLK) */
.macro bit_plain word, cycles
	str	\word, [r2]
	pad	\cycles
	orrs	\word, r3
	str	\word, [r2]
	pad	\cycles
.endm

/* CLK and MOSI on two ports */
.macro bit_three word, cycles
	str	r0, [r3, #CMSPI_PATCH_LOW]
	str	\word, [r2]
	pad	\cycles
	str	r1, [r3, #CMSPI_PATCH_HIGH]
	pad	\cycles
.endm

.macro four_bits bit, cycles
	\bit	r4, \cycles
	\bit	r5, \cycles
	\bit	r6, \cycles
	\bit	r7, \cycles
.endm

	/* As tx1_pair, but small and without a table: r0 = source, r1 = end, r2 = port,
	 * r4 = word for 1, r3 = its bits that are others in the word for 0, r5 = CLK word,
	 * r6 = r3 or 0 for the next bit, r7 = bits behind that, and a one behind the last */
	.section .text.tx1_bits, "ax"
	.global	tx1_bits
tx1_bits:
	add	r1, r0
	mov	r7, r8
	ldr	r2, [r7, #CMSPI_CTX_CLK_BASE]
	adds	r7, #CMSPI_CTX_DATA_WORD0
	ldm	r7!, {r3, r4, r5}
	eors	r3, r4
1:	ldrb	r7, [r0]
	adds	r0, #1
	lsls	r7, r7, #1
	adds	r7, #1
	lsls	r7, r7, #24
	sbcs	r6, r6
	ands	r6, r3
2:
	.rept	2
	eors	r6, r4
	str	r6, [r2, #CMSPI_PATCH_LOW]
	lsls	r7, r7, #1
	sbcs	r6, r6
	str	r5, [r2, #CMSPI_PATCH_HIGH]
	ands	r6, r3
	.endr
	cmp	r7, #0
	bne	2b
	cmp	r0, r1
	bne	1b
	bx	lr
	.align	2

/* One port: r0 = source, r1 = F0h, r2 = port, r3 = CLK word, r12 = table,
 * lr = end */
.macro tx1_one_port name, bit, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	push	{lr}
	add	r1, r0
	mov	lr, r1
	ctx_at	r7, CMSPI_CTX_CLK_BASE
	ldm	r7!, {r2, r3, r4}	/* with the CLK word and the table */
	mov	r12, r4
	movs	r1, #0xf0
1:	ldrb	r4, [r0]
	ands	r4, r1
	nibble_words r12
	four_bits \bit, \cycles
	ldrb	r4, [r0]
	adds	r0, #1
	lsls	r4, r4, #28
	lsrs	r4, r4, #24
	nibble_words r12
	four_bits \bit, \cycles
	cmp	r0, lr
	again	\cycles
	pop	{pc}
	.align	2
.endm

/* Two ports: r0, r1 = CLK low and high words, r2 = data port, r3 = CLK port,
 * r12 = source, lr = table, r9 = end (kept on the stack) */
.macro tx1_two_ports name, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	mov	r2, r9
	push	{r2, lr}
	mov	r12, r0
	add	r1, r0
	mov	r9, r1
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_TABLE]
	mov	lr, r1
	ldr	r0, [r7, #CMSPI_CTX_LO_WORD]
	ldr	r1, [r7, #CMSPI_CTX_HI_WORD]
	ldr	r2, [r7, #CMSPI_CTX_DATA_ADDR]
	ldr	r3, [r7, #CMSPI_CTX_CLK_BASE]
1:	mov	r4, r12
	ldrb	r4, [r4]
	lsrs	r4, r4, #4
	lsls	r4, r4, #4
	nibble_words lr
	four_bits bit_three, \cycles
	mov	r4, r12
	adds	r5, r4, #1
	mov	r12, r5
	ldrb	r4, [r4]
	lsls	r4, r4, #28
	lsrs	r4, r4, #24
	nibble_words lr
	four_bits bit_three, \cycles
	cmp	r12, r9
	again	\cycles
	pop	{r2}
	mov	r9, r2
	pop	{pc}
	.align	2
.endm

/* names that are known inside a macro's arguments */
	.equ	patch_miso, CMSPI_PATCH_MISO
	.equ	patch_io1, CMSPI_PATCH_IO1
	.equ	patch_io0, CMSPI_PATCH_IO0

/* Clocks with the bits of each shifted into r7: r2 = CLK low word, r3 = input
 * register, r4 = CLK port, r5 = CLK high word. What came with one clock is
 * shifted in while the next is low, which gives the chip time to drive its next
 * bit; one and two stand there before the first. */
.macro clock_high cycles
	pad	\cycles
	str	r5, [r4, #CMSPI_PATCH_HIGH]
	pad	\cycles
	ldr	r6, [r3]
.endm

.macro clock_in cycles, one, two, three, four
	str	r2, [r4, #CMSPI_PATCH_LOW]
	\one
	\two
	\three
	\four
	clock_high \cycles
.endm

.macro shift_in_1
	lsrs	r6, r6, #patch_miso
	adcs	r7, r7
.endm

.macro more_bits_in_1 clocks, cycles
	.rept	\clocks
	clock_in \cycles, "lsrs r6, r6, #patch_miso", "adcs r7, r7"
	.endr
	shift_in_1
.endm

/* Two lines: IO1 carries the higher bit */
.macro shift_in_2
	lsrs	r6, r6, #patch_io1
	adcs	r7, r7
	lsrs	r6, r6, #patch_io0
	adcs	r7, r7
.endm

.macro more_bits_in_2 clocks, cycles
	.rept	\clocks
	clock_in \cycles, "lsrs r6, r6, #patch_io1", "adcs r7, r7", \
		"lsrs r6, r6, #patch_io0", "adcs r7, r7"
	.endr
	shift_in_2
.endm

.macro bits_in lines, clocks, cycles, one, two
	clock_in \cycles, "\one", "\two"
	more_bits_in_\lines \clocks - 1, \cycles
.endm

.macro load_bits_in
	ctx_at	r7, CMSPI_CTX_LO_WORD
	ldm	r7!, {r2, r3, r4, r5}
.endm

/* r0 = destination, r1 = the last two bytes of it. Two bytes are stored while
 * CLK is low for the next. */
.macro rx_fast name, lines, byte_clocks, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	push	{lr}
	mov	r12, r1
	load_bits_in
	lsrs	r1, r1, #1
	bne	5f
	b	3f
5:	lsls	r1, r1, #1
	subs	r1, #2
	adds	r1, r1, r0
	str	r2, [r4, #CMSPI_PATCH_LOW]
	b	2f
1:	str	r2, [r4, #CMSPI_PATCH_LOW]
	rev16	r7, r7
	strh	r7, [r0]
	adds	r0, #2
2:	clock_high \cycles
	more_bits_in_\lines 2 * \byte_clocks - 1, \cycles
	cmp	r0, r1
	again	\cycles
	rev16	r7, r7
	strh	r7, [r0]
	adds	r0, #2
3:	mov	r6, r12
	lsrs	r6, r6, #1
	bcs	4f
	pop	{pc}
4:	bits_in	\lines, \byte_clocks, \cycles, "mov r8, r8", "mov r8, r8"
	strb	r7, [r0]
	pop	{pc}
	.align	2
.endm

/* CRC-32 by table: r0 = CRC, r1 = table, r12 = bytes left */
.macro crc_fast name, lines, byte_clocks, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	mov	r12, r1
	load_bits_in
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_CRC_TABLE]
1:	bits_in	\lines, \byte_clocks, \cycles, "movs r7, #0", "mov r8, r8"
	lsrs	r6, r0, #24
	eors	r6, r7
	lsls	r6, r6, #2
	ldr	r6, [r1, r6]
	lsls	r0, r0, #8
	eors	r0, r6
	mov	r6, r12
	subs	r6, #1
	mov	r12, r6
	again	\cycles
	bx	lr
	.align	2
.endm

/* r0 = FFh, r1 = bytes left */
.macro blank_fast name, lines, byte_clocks, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	load_bits_in
	movs	r0, #0xff
1:	bits_in	\lines, \byte_clocks, \cycles, "mov r8, r8", "mov r8, r8"
	uxtb	r7, r7
	cmp	r7, r0
	bne	2f
	subs	r1, #1
	again	\cycles
	movs	r0, #1
	bx	lr
2:	movs	r0, #0
	bx	lr
	.align	2
.endm

/* ---- sending on two and four lines -------------------------------------- */

/* CLK and the data lines on one port, CLK high is always the same word (r3, to
 * r7), or is added to the word that was sent: by add_high, which changes the flags,
 * as high_pair and high_plain must not */
.macro add_high_pair word
.endm

.macro add_high_plain word
	orrs	\word, r3
.endm

.macro high_pair word
	str	r3, [r7]
.endm

.macro high_plain word
	str	\word, [r6]
.endm

/* r0 = source, r1 = end, r2 = table, r3 = CLK high, r6 = port, r7 = its address;
 * r4 and r5 take turns */
.macro load_wide held
	add	r1, r0
	ctx_at	r4, CMSPI_CTX_LINES
	ldr	r4, [r4]
	movs	r2, r4
	adds	r2, #CMSPI_LINES_PORT + 4 + 4 * \held
	adds	r4, #CMSPI_LINES_HIGH
	ldr	r3, [r4]
	ldr	r6, [r4, #CMSPI_LINES_PORT - CMSPI_LINES_HIGH]
	mov	r7, r8
	ldr	r7, [r7, #CMSPI_CTX_HI_ADDR]
.endm

.macro tx4_one_port kind, cycles
	.section .text.tx4_\kind\cycles, "ax"
	.global	tx4_\kind\cycles
tx4_\kind\cycles:
	load_wide 0
1:	ldrb	r5, [r0]
	lsrs	r4, r5, #4
	lsls	r4, r4, #2
	ldr	r4, [r2, r4]
	str	r4, [r6]
	pad	\cycles
	lsls	r5, r5, #28
	lsrs	r5, r5, #26
	add_high_\kind r4
	high_\kind r4
	pad	\cycles
	ldr	r5, [r2, r5]
	str	r5, [r6]
	pad	\cycles
	add_high_\kind r5
	adds	r0, #1
	cmp	r0, r1
	high_\kind r5
	pad	\cycles
	again	\cycles
	bx	lr
	.align	2
.endm

/* bits shift up of the byte in r5 to the lines */
.macro two_bits kind, shift, cycles
	lsls	r4, r5, #\shift
	lsrs	r4, r4, #30
	lsls	r4, r4, #2
	ldr	r4, [r2, r4]
	str	r4, [r6]
	pad	\cycles
	add_high_\kind r4
	high_\kind r4
	pad	\cycles
.endm

.macro tx2_one_port kind, cycles
	.section .text.tx2_\kind\cycles, "ax"
	.global	tx2_\kind\cycles
tx2_\kind\cycles:
	load_wide CMSPI_LINES_HELD
1:	ldrb	r5, [r0]
	adds	r0, #1
	two_bits \kind, 24, \cycles
	two_bits \kind, 26, \cycles
	two_bits \kind, 28, \cycles
	two_bits \kind, 30, \cycles
	cmp	r0, r1
	again	\cycles
	bx	lr
	.align	2
.endm

/* CLK anywhere, the data lines on two ports: r0 = source, r1 = CLK low, r2 = CLK
 * high, r3 = CLK port, r6 and r7 = ports of data, r12 = table, lr = end */
.macro four_lines_out cycles
	add	r4, r12
	ldr	r5, [r4, #CMSPI_LINES_PORT_BYTES]
	ldr	r4, [r4]
	str	r1, [r3, #CMSPI_PATCH_LOW]
	str	r4, [r6]
	str	r5, [r7]
	pad	\cycles
	str	r2, [r3, #CMSPI_PATCH_HIGH]
	pad	\cycles
.endm

.macro tx4_two_ports cycles
	.section .text.tx4_ports\cycles, "ax"
	.global	tx4_ports\cycles
tx4_ports\cycles:
	push	{lr}
	add	r1, r0
	mov	lr, r1
	ctx_at	r5, CMSPI_CTX_LINES
	ldr	r5, [r5]
	movs	r4, r5
	adds	r4, #CMSPI_LINES_PORT + 4
	mov	r12, r4
	adds	r5, #CMSPI_LINES_HIGH
	ldr	r2, [r5]
	ldr	r6, [r5, #CMSPI_LINES_PORT - CMSPI_LINES_HIGH]
	ldr	r7, [r5, #CMSPI_LINES_PORT - CMSPI_LINES_HIGH + CMSPI_LINES_PORT_BYTES]
	mov	r3, r8
	ldr	r1, [r3, #CMSPI_CTX_LO_WORD]
	ldr	r3, [r3, #CMSPI_CTX_CLK_BASE]
1:	ldrb	r4, [r0]
	lsrs	r4, r4, #4
	lsls	r4, r4, #2
	four_lines_out \cycles
	ldrb	r4, [r0]
	adds	r0, #1
	lsls	r4, r4, #28
	lsrs	r4, r4, #26
	four_lines_out \cycles
	cmp	r0, lr
	again	\cycles
	pop	{pc}
	.align	2
.endm

/* ---- reading on four lines ---------------------------------------------- */

	.equ	patch_quad3, CMSPI_PATCH_QUAD3
	.equ	patch_quad2, CMSPI_PATCH_QUAD2
	.equ	patch_quad1, CMSPI_PATCH_QUAD1
	.equ	patch_quad0, CMSPI_PATCH_QUAD0
	.equ	patch_lowest, CMSPI_PATCH_LOWEST
	.equ	patch_port3, CMSPI_PATCH_PORT3
	.equ	patch_port2, CMSPI_PATCH_PORT2
	.equ	patch_port1, CMSPI_PATCH_PORT1
	.equ	patch_port0, CMSPI_PATCH_PORT0

/* What a sample in r6 adds to the bytes in r7; first: begins them, end: moves
 * them down. Anywhere on a port: r1 is lost. In order: r1 = mask of the lines.
 * On two ports: r1 = the other's sample, r5 is lost, r9 = CLK high word, r10 = the
 * other's input register. */
.macro save_any
	push	{lr}
.endm

.macro restore_any
	pop	{pc}
.endm

.macro high_any cycles
	clock_high \cycles
.endm

.macro save_order
	push	{lr}
.endm

.macro restore_order
	pop	{pc}
.endm

.macro high_order cycles
	clock_high \cycles
.endm

.macro save_ports
	mov	r6, r9
	mov	r7, r10
	push	{r6, r7, lr}
.endm

.macro restore_ports
	pop	{r6, r7}
	mov	r9, r6
	mov	r10, r7
	pop	{pc}
.endm

.macro high_ports cycles
	mov	r1, r9
	pad	\cycles
	str	r1, [r4, #CMSPI_PATCH_HIGH]
	pad	\cycles
	ldr	r6, [r3]
	mov	r1, r10
	ldr	r1, [r1]
.endm

.macro ready_ports
	mov	r9, r5
	ctx_at	r1, CMSPI_CTX_LINES_MASK
	ldr	r1, [r1]
	mov	r10, r1
.endm

.macro next_ports
	lsrs	r5, r6, #patch_port3
	adcs	r7, r7
	lsrs	r5, r6, #patch_port2
	adcs	r7, r7
	lsrs	r5, r6, #patch_port1
	adcs	r7, r7
	lsrs	r5, r6, #patch_port0
	adcs	r7, r7
.endm

.macro first_ports
	movs	r7, #0
	next_ports
.endm

.macro end_ports
.endm

.macro next_any
	lsrs	r1, r6, #patch_quad3
	adcs	r7, r7
	lsrs	r1, r6, #patch_quad2
	adcs	r7, r7
	lsrs	r1, r6, #patch_quad1
	adcs	r7, r7
	lsrs	r1, r6, #patch_quad0
	adcs	r7, r7
.endm

.macro ready_any
.endm

.macro first_any
	movs	r7, #0
	next_any
.endm

.macro end_any
.endm

.macro ready_order
	ctx_at	r1, CMSPI_CTX_LINES_MASK
	ldr	r1, [r1]
.endm

.macro first_order
	movs	r7, r6
	ands	r7, r1
.endm

.macro next_order
	lsls	r7, r7, #4
	ands	r6, r1
	orrs	r7, r6
.endm

.macro end_order
	lsrs	r7, r7, #patch_lowest
.endm

/* the nibbles behind a first one whose sample is in r6 */
.macro nibbles_in kind, clocks, cycles, first
	str	r2, [r4, #CMSPI_PATCH_LOW]
	\first
	high_\kind \cycles
	.rept	\clocks - 1
	str	r2, [r4, #CMSPI_PATCH_LOW]
	next_\kind
	high_\kind \cycles
	.endr
	next_\kind
	end_\kind
.endm

.macro byte_in_4 kind, cycles
	str	r2, [r4, #CMSPI_PATCH_LOW]
	pad	2			/* time for the chip, as between others */
	high_\kind \cycles
	nibbles_in \kind, 1, \cycles, first_\kind
.endm

/* r0 = destination, lr = the last two bytes of it, r12 = bytes in all. Two
 * bytes are stored while CLK is low for the next; what r7 holds before goes
 * out of it without a first_any. */
.macro rx4_fast kind, first, cycles
	.section .text.rx4_\kind\cycles, "ax"
	.global	rx4_\kind\cycles
rx4_\kind\cycles:
	save_\kind
	mov	r12, r1
	load_bits_in
	lsrs	r6, r1, #1
	bne	5f
	ready_\kind
	b	3f
5:	subs	r6, #1
	lsls	r6, r6, #1
	adds	r6, r6, r0
	mov	lr, r6
	ready_\kind
	str	r2, [r4, #CMSPI_PATCH_LOW]
	b	2f
1:	str	r2, [r4, #CMSPI_PATCH_LOW]
	rev16	r7, r7
	strh	r7, [r0]
	adds	r0, #2
2:	high_\kind \cycles
	nibbles_in \kind, 3, \cycles, \first
	cmp	r0, lr
	again	\cycles
	rev16	r7, r7
	strh	r7, [r0]
	adds	r0, #2
3:	mov	r6, r12
	lsrs	r6, r6, #1
	bcs	4f
	restore_\kind
4:	byte_in_4 \kind, \cycles
	strb	r7, [r0]
	restore_\kind
	.align	2
.endm

/* CRC-32 by table: r0 = CRC, lr = table, r12 = bytes left */
.macro crc4_fast kind, cycles
	.section .text.crc4_\kind\cycles, "ax"
	.global	crc4_\kind\cycles
crc4_\kind\cycles:
	save_\kind
	mov	r12, r1
	load_bits_in
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_CRC_TABLE]
	mov	lr, r1
	ready_\kind
1:	byte_in_4 \kind, \cycles
	lsrs	r6, r0, #24
	eors	r6, r7
	lsls	r6, r6, #2
	add	r6, lr
	ldr	r6, [r6]
	lsls	r0, r0, #8
	eors	r0, r6
	mov	r6, r12
	subs	r6, #1
	mov	r12, r6
	again	\cycles
	restore_\kind
	.align	2
.endm

/* r0 = bytes left */
.macro blank4_fast kind, cycles
	.section .text.blank4_\kind\cycles, "ax"
	.global	blank4_\kind\cycles
blank4_\kind\cycles:
	save_\kind
	movs	r0, r1
	load_bits_in
	ready_\kind
1:	byte_in_4 \kind, \cycles
	mvns	r7, r7
	lsls	r7, r7, #24
	bne	2f
	subs	r0, #1
	again	\cycles
	movs	r0, #1
	restore_\kind
2:	movs	r0, #0
	restore_\kind
	.align	2
.endm

	.irp	cycles, 0, 1, 2, 4, 8
	tx4_one_port pair, \cycles
	tx4_one_port plain, \cycles
	tx4_two_ports \cycles
	tx2_one_port pair, \cycles
	tx2_one_port plain, \cycles
	rx4_fast order, first_order, \cycles
	crc4_fast order, \cycles
	blank4_fast order, \cycles
	rx4_fast any, next_any, \cycles
	crc4_fast any, \cycles
	blank4_fast any, \cycles
	rx4_fast ports, next_ports, \cycles
	crc4_fast ports, \cycles
	blank4_fast ports, \cycles
	tx1_one_port tx1_pair, bit_pair, \cycles
	tx1_one_port tx1_plain, bit_plain, \cycles
	tx1_two_ports tx1_three, \cycles
	rx_fast	rx1_fast, 1, 8, \cycles
	crc_fast crc1_fast, 1, 8, \cycles
	blank_fast blank1_fast, 1, 8, \cycles
	rx_fast	rx2_fast, 2, 4, \cycles
	crc_fast crc2_fast, 2, 4, \cycles
	blank_fast blank2_fast, 2, 4, \cycles
	.endr
