/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The stub: Thumb code in target RAM that moves commands and data between
 * two rings and a serial memory chip on GPIO pins. It knows steps, stores and
 * streams, no chips and no port layouts; see cmspi_abi.h for its contract.
 * ARMv6-M only (also for M3 and later), position-independent.
 *
 * Registers in the core: r8 = context, r9 = bytes left of the step,
 * r10 = bytes left of the page or grain, r11 = bytes of the unit in hand.
 */

#include "cmspi_abi.h"

	.syntax unified
	.cpu cortex-m0
	.thumb

/* \reg = word of the context beyond the 124 bytes a short load reaches */
.macro ctx_far reg, offset
	mov	\reg, r8
	.if	\offset > 255
	adds	\reg, #255
	adds	\reg, #\offset - 255
	.else
	adds	\reg, #\offset
	.endif
.endm

	.section .text.core, "ax"
	.global core
core:
	cpsid	i			/* hla does not mask for algorithms */
	b	start
	.if	. - core - CMSPI_EXIT_OFFSET
	.error	"CMSPI_EXIT_OFFSET is wrong"
	.endif
	bkpt	#0

start:
	mov	r8, r0
	adds	r0, #CMSPI_CTX_SETUP
	ldm	r0!, {r4, r5}
setup_next:
	cmp	r4, r5
	bhs	bases
	mov	r11, r0
	ldm	r4!, {r0, r1, r2, r3}	/* address, mask, value, force */
	ldr	r6, [r0]
	movs	r7, r6
	bics	r7, r3
	ands	r3, r2
	orrs	r7, r3
	stm	r4!, {r7}		/* save what to put back */
	ctx_far	r7, CMSPI_CTX_SETUP_DONE
	str	r4, [r7]
	bics	r6, r1
	orrs	r6, r2
	str	r6, [r0]
	ldr	r6, [r0]		/* a clock gate must be through before the next */
	mov	r0, r11
	b	setup_next

bases:
	ldm	r0!, {r4, r5}
bases_next:
	cmp	r4, r5
	bhs	next_step
	ldm	r4!, {r0, r1, r2, r3}	/* words, count, register, mask */
	ldr	r2, [r2]
	ands	r2, r3
1:	ldr	r3, [r0]
	orrs	r3, r2
	stm	r0!, {r3}
	subs	r1, #1
	bne	1b
	b	bases_next

/* ---- steps -------------------------------------------------------------- */

next_step:
	movs	r0, #CMSPI_STEP_BYTES
	bl	in_unit
	ctx_far	r7, CMSPI_CTX_STEP
	ldm	r0!, {r1, r2, r3, r4, r5, r6}
	stm	r7!, {r1, r2, r3, r4, r5, r6}
	mov	r9, r3			/* bytes of data */
	ldm	r0!, {r2, r3}
	stm	r7!, {r2, r3}
	bl	in_done
	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_KIND]
	cmp	r0, #CMSPI_KIND_PROGRAM
	beq	program
	cmp	r0, #CMSPI_KIND_CRC
	beq	crc
	cmp	r0, #CMSPI_KIND_BLANK
	beq	blank
	cmp	r0, #CMSPI_KIND_RECEIVE
	bhi	bad_step
	cmp	r0, #CMSPI_KIND_END
	bne	transfer
	b	leave			/* r0 = CMSPI_EXIT_OK */
bad_step:
	movs	r0, #CMSPI_EXIT_BAD_STEP
	b	leave

transfer:
	ldrb	r0, [r7, #CMSPI_AT_FLAGS]
	lsrs	r0, r0, #5		/* CMSPI_FLAG_CONTINUE to the carry */
	bcs	1f
	bl	write_enable
	bl	open_frame
1:	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_KIND]
	cmp	r0, #CMSPI_KIND_SEND
	bne	2f
	bl	send_units
	b	3f
2:	bl	receive_units
3:	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_FLAGS]
	lsrs	r0, r0, #4		/* CMSPI_FLAG_KEEP_CS to the carry */
	bcs	step_done
	bl	close_frame
	bl	poll
step_done:
	mov	r3, r8
	ldr	r0, [r3, #CMSPI_CTX_STEPS_DONE]
	adds	r0, #1
	str	r0, [r3, #CMSPI_CTX_STEPS_DONE]
	b	next_step

program:
	ldrh	r6, [r7, #CMSPI_AT_FIRST]
program_page:
	cmp	r6, r9
	bls	1f
	mov	r6, r9
1:	mov	r10, r6
	bl	write_enable
	bl	open_frame
	mov	r0, r9			/* send_units takes r9: lend it one page */
	mov	r1, r10
	subs	r0, r0, r1
	push	{r0, r1}
	mov	r9, r1
	bl	send_units
	bl	cs_high
	bl	poll
	pop	{r0, r1}
	mov	r9, r0
	ctx_far	r7, CMSPI_CTX_STEP
	ldr	r2, [r7, #CMSPI_AT_ADDR]
	adds	r2, r2, r1
	str	r2, [r7, #CMSPI_AT_ADDR]
	ldrh	r6, [r7, #CMSPI_AT_PAGE]
	cmp	r0, #0
	bne	program_page
	b	step_done

crc:
	bl	open_frame
	movs	r5, #0
	mvns	r5, r5
crc_next:				/* r5 = sum so far */
	bl	grain
	beq	1f
	movs	r0, r5
	mov	r1, r10
	ctx_far	r3, CMSPI_CTX_CRC
	ldr	r3, [r3]
	blx	r3
	push	{r0}
	bl	put_result
	pop	{r5}
	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_FLAGS]
	lsrs	r0, r0, #6		/* CMSPI_FLAG_RUNNING to the carry */
	bcs	crc_next
	movs	r5, #0
	mvns	r5, r5
	b	crc_next
1:	bl	close_frame
	b	step_done

blank:
	bl	grain
	beq	step_done
	bl	open_frame
	mov	r1, r10
	ctx_far	r3, CMSPI_CTX_BLANK
	ldr	r3, [r3]
	blx	r3
	push	{r0}
	bl	close_frame		/* ends the read early where it is not blank */
	pop	{r0}
	bl	put_result
	ctx_far	r7, CMSPI_CTX_STEP
	ldr	r2, [r7, #CMSPI_AT_ADDR]
	add	r2, r10
	str	r2, [r7, #CMSPI_AT_ADDR]
	b	blank

/* r10 = bytes of the next grain, taken off r9; Z when nothing is left */
grain:
	ctx_far	r7, CMSPI_CTX_STEP
	ldr	r0, [r7, #CMSPI_AT_GRAIN]
	mov	r1, r9
	cmp	r0, r1
	bls	1f
	movs	r0, r1
1:	mov	r10, r0
	subs	r1, r1, r0
	mov	r9, r1
	cmp	r0, #0
	bx	lr

/* one result word r0 to the out ring */
put_result:
	push	{r0, lr}
	movs	r0, #4
	bl	out_unit
	pop	{r1}
	str	r1, [r0]
	bl	out_done
	pop	{pc}

/* r9 bytes from in units to the chip */
send_units:
	push	{lr}
1:	bl	unit
	beq	2f
	adds	r0, #3
	lsrs	r0, r0, #2
	lsls	r0, r0, #2
	bl	in_unit
	mov	r1, r11
	bl	tx_data
	bl	in_done
	b	1b
2:	pop	{pc}

/* r9 bytes from the chip to out units */
receive_units:
	push	{lr}
1:	bl	unit
	beq	2b
	adds	r0, #3
	lsrs	r0, r0, #2
	lsls	r0, r0, #2
	bl	out_unit
	mov	r1, r11
	bl	rx_data
	bl	out_done
	b	1b

/* r0 = r11 = bytes of the next unit, taken off r9; Z when nothing is left */
unit:
	ctx_far	r7, CMSPI_CTX_STEP
	ldrh	r0, [r7, #CMSPI_AT_UNIT]
	mov	r1, r9
	cmp	r0, r1
	bls	1f
	movs	r0, r1
1:	mov	r11, r0
	subs	r1, r1, r0
	mov	r9, r1
	cmp	r0, #0
	bx	lr

/* ---- commands ----------------------------------------------------------- */

/* a frame of its own with the write enable opcode, checked if wanted */
write_enable:
	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r7, [r7, #CMSPI_AT_FLAGS]
	lsrs	r7, r7, #1		/* CMSPI_FLAG_WREN to the carry */
	bcc	1f
	push	{r7, lr}
	bl	cs_low
	ctx_far	r0, CMSPI_CTX_WREN
	movs	r1, #1
	bl	tx_cmd
	bl	cs_high
	pop	{r7}
	lsrs	r7, r7, #1		/* CMSPI_FLAG_CHECK_WEL */
	bcc	2f
	ctx_far	r0, CMSPI_CTX_WREN + 1
	bl	read_status
	mov	r1, r8
	adds	r1, #CMSPI_CTX_WREN + 2
	ldrb	r1, [r1]
	tst	r0, r1
	bne	2f
	movs	r0, #CMSPI_EXIT_NO_WEL
	b	leave
2:	pop	{pc}
1:	bx	lr

/* ask until ready, then look whether it did what it was told */
poll:
	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_FLAGS]
	lsrs	r0, r0, #3		/* CMSPI_FLAG_POLL to the carry */
	bcc	1b
	push	{lr}
	ldr	r6, [r7, #CMSPI_AT_POLLS]
poll_again:
	push	{r6}
	ctx_far	r0, CMSPI_CTX_STEP + CMSPI_AT_POLL
	bl	read_status
	pop	{r6}
	ctx_far	r7, CMSPI_CTX_STEP
	ldr	r1, [r7, #CMSPI_AT_POLL]
	lsrs	r2, r1, #8		/* mask */
	lsrs	r3, r1, #16		/* ready value */
	lsrs	r1, r1, #24		/* fail bits */
	uxtb	r2, r2
	uxtb	r3, r3
	ands	r2, r0
	cmp	r2, r3
	beq	poll_ready
	mov	r3, r8
	ldr	r2, [r3, #CMSPI_CTX_IN_WP]
	cmp	r2, #0
	beq	poll_aborted
	str	r6, [r3, #CMSPI_CTX_BEAT]
	subs	r6, #1
	bne	poll_again
	movs	r0, #CMSPI_EXIT_TIMEOUT
	b	leave
poll_aborted:
	b	aborted
poll_ready:
	tst	r0, r1
	bne	poll_refused
	ldr	r2, [r7, #CMSPI_AT_POLLS]
	cmp	r2, r6
	bne	2b
	ctx_far	r7, CMSPI_CTX_NEVER_BUSY
	ldr	r2, [r7]
	adds	r2, #1
	str	r2, [r7]
	b	2b
poll_refused:
	movs	r0, #CMSPI_EXIT_REFUSED
	b	leave

/* r0 = address of the status opcode; returns the status in r0 */
read_status:
	push	{r0, lr}
	mov	r3, r8
	ldr	r0, [r3, #CMSPI_CTX_WDOG_ADDR]
	ldr	r1, [r3, #CMSPI_CTX_WDOG_WORD]
	str	r1, [r0]
	bl	cs_low
	pop	{r0}
	movs	r1, #1
	bl	tx_cmd
	ctx_far	r0, CMSPI_CTX_STATUS
	movs	r1, #1
	bl	rx_cmd
	bl	cs_high
	ctx_far	r0, CMSPI_CTX_STATUS
	ldrb	r0, [r0]
	pop	{pc}

/* CS low, opcode, address, mode, dummy clocks of the step in hand */
open_frame:
	push	{lr}
	bl	cs_low
	ctx_far	r7, CMSPI_CTX_STEP
	ctx_far	r6, CMSPI_CTX_FRAME
	ldrb	r0, [r7, #CMSPI_AT_OPCODE]
	strb	r0, [r6, #3]
	ldrb	r3, [r7, #CMSPI_AT_ADDR_BYTES]
	movs	r1, #4
	subs	r1, r1, r3
	lsls	r1, r1, #3
	ldr	r0, [r7, #CMSPI_AT_ADDR]
	lsls	r0, r1			/* the first address byte to the top */
	rev	r0, r0
	str	r0, [r6, #4]
	adds	r1, r6, r3
	ldrb	r0, [r7, #CMSPI_AT_MODE]
	strb	r0, [r1, #4]
	ldrb	r0, [r7, #CMSPI_AT_MODE_BYTES]
	adds	r1, r3, r0		/* bytes after the opcode */
	ldrb	r4, [r7, #CMSPI_AT_LINES]
	lsrs	r2, r4, #2
	movs	r5, #3
	ands	r4, r5
	ands	r2, r5
	adds	r0, r6, #3
	cmp	r4, r2
	bne	1f
	adds	r1, #1			/* same lines: one go */
	bl	tx_lines
	b	2f
1:	push	{r1, r2, r6}
	movs	r2, r4
	movs	r1, #1
	bl	tx_lines
	pop	{r1, r2, r6}
	adds	r0, r6, #4
	cmp	r1, #0
	beq	2f
	bl	tx_lines
2:	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_LINES]
	lsrs	r0, r0, #4
	beq	7f
	/* the last address bit is in: release MOSI while CLK is low, before
	 * the chip drives it */
	mov	r2, r8
	ldr	r0, [r2, #CMSPI_CTX_LO_ADDR]
	ldr	r1, [r2, #CMSPI_CTX_LO_WORD]
	str	r1, [r0]
	movs	r0, #CMSPI_CTX_TURN_IN
	bl	turn
7:	ldrb	r1, [r7, #CMSPI_AT_DUMMY]
	mov	r3, r8
	adds	r3, #CMSPI_CTX_LO_ADDR
	ldm	r3!, {r4, r5, r6, r7}	/* low address and word, high address and word */
	ldr	r2, [r3, #CMSPI_CTX_DELAY - CMSPI_CTX_IN_ADDR]
3:	subs	r1, #1
	bmi	4f
	str	r5, [r4]
	movs	r0, r2
5:	subs	r0, #1
	bne	5b
	str	r7, [r6]
	movs	r0, r2
6:	subs	r0, #1
	bne	6b
	b	3b
4:	pop	{pc}

/* opcode and status bytes go out and in on the lines of the opcode */
tx_cmd:
	ctx_far	r2, CMSPI_CTX_STEP + CMSPI_AT_LINES
	ldrb	r2, [r2]
	lsls	r2, r2, #30
	lsrs	r2, r2, #30
tx_lines:				/* r2 = 0, 1, 2 */
	ctx_far	r3, CMSPI_CTX_TX
	b	call
tx_data:
	ctx_far	r2, CMSPI_CTX_STEP + CMSPI_AT_LINES
	ldrb	r2, [r2]
	lsrs	r2, r2, #4
	b	tx_lines
rx_cmd:
	ctx_far	r2, CMSPI_CTX_STEP + CMSPI_AT_LINES
	ldrb	r2, [r2]
	lsls	r2, r2, #30
	lsrs	r2, r2, #30
	b	rx_lines
rx_data:
	ctx_far	r2, CMSPI_CTX_STEP + CMSPI_AT_LINES
	ldrb	r2, [r2]
	lsrs	r2, r2, #4
rx_lines:
	ctx_far	r3, CMSPI_CTX_RX
call:
	lsls	r2, r2, #2
	ldr	r3, [r3, r2]
	bx	r3			/* the loop returns to our caller */

/* MOSI to input or output: r0 = context offset of the value */
turn:
	add	r0, r8
	ldr	r0, [r0]
	mov	r2, r8
	adds	r2, #CMSPI_CTX_TURN_ADDR
	ldm	r2!, {r1, r3}
	ldr	r2, [r1]
	bics	r2, r3
	orrs	r2, r0
	str	r2, [r1]
	bx	lr

/* end of a frame that may have turned MOSI round */
close_frame:
	push	{lr}
	bl	cs_high
	ctx_far	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_LINES]
	lsrs	r0, r0, #4
	beq	1f
	movs	r0, #CMSPI_CTX_TURN_OUT
	bl	turn
1:	pop	{pc}

cs_low:
	ctx_far	r2, CMSPI_CTX_CS_LO_ADDR
	ldm	r2!, {r0, r1}
	str	r1, [r0]
	bx	lr

cs_high:
	ctx_far	r2, CMSPI_CTX_LO_ADDR
	ldm	r2!, {r0, r1}
	str	r1, [r0]
	ldr	r0, [r2, #CMSPI_CTX_CS_HI_ADDR - CMSPI_CTX_HI_ADDR]
	ldr	r1, [r2, #CMSPI_CTX_CS_HI_WORD - CMSPI_CTX_HI_ADDR]
	ldr	r2, [r2, #CMSPI_CTX_CS_DELAY - CMSPI_CTX_HI_ADDR]
	str	r1, [r0]
1:	subs	r2, #1			/* CS high time */
	bne	1b
	bx	lr

/* ---- rings -------------------------------------------------------------- */

/* wait for an in unit of r0 bytes; returns its address in r0 */
in_unit:
	mov	r3, r8
	ldr	r2, [r3, #CMSPI_CTX_IN_RP]
	ldr	r4, [r3, #CMSPI_CTX_WDOG_ADDR]
	ldr	r5, [r3, #CMSPI_CTX_WDOG_WORD]
1:	str	r5, [r4]
	ldr	r1, [r3, #CMSPI_CTX_IN_WP]
	cmp	r1, #0
	beq	aborted
	cmp	r1, r2
	beq	1b
	ldr	r1, [r3, #CMSPI_CTX_IN_END]
	subs	r1, r1, r2
	cmp	r1, r0
	bhs	2f
	ldr	r2, [r3, #CMSPI_CTX_IN_BASE]
2:	adds	r1, r2, r0
	adds	r3, #CMSPI_CTX_IN_NEXT
	str	r1, [r3]
	movs	r0, r2
	bx	lr

/* give the in unit back to the host */
in_done:
	mov	r3, r8
	adds	r3, #CMSPI_CTX_IN_NEXT
	ldr	r1, [r3]
	mov	r3, r8
	str	r1, [r3, #CMSPI_CTX_IN_RP]
	bx	lr

/* wait for room for an out unit of r0 bytes; returns its address in r0 */
out_unit:
	push	{r4, lr}
	mov	r3, r8
1:	ldr	r4, [r3, #CMSPI_CTX_WDOG_ADDR]
	ldr	r1, [r3, #CMSPI_CTX_WDOG_WORD]
	str	r1, [r4]
	ldr	r1, [r3, #CMSPI_CTX_IN_WP]
	cmp	r1, #0
	beq	aborted
	ldr	r2, [r3, #CMSPI_CTX_OUT_WP]
	ldr	r1, [r3, #CMSPI_CTX_OUT_RP]
	adds	r4, r2, r0		/* end of the unit */
	cmp	r2, r1
	blo	2f
	ctx_far	r5, CMSPI_CTX_OUT_END
	ldr	r5, [r5]
	cmp	r4, r5
	bls	3f			/* fits before the end */
	ldr	r2, [r3, #CMSPI_CTX_OUT_BASE]
	adds	r4, r2, r0
2:	cmp	r4, r1
	bhs	1b
3:	adds	r3, #CMSPI_CTX_OUT_NEXT
	str	r4, [r3]
	movs	r0, r2
	pop	{r4, pc}

/* hand the out unit to the host */
out_done:
	mov	r3, r8
	adds	r3, #CMSPI_CTX_OUT_NEXT
	ldr	r1, [r3]
	mov	r3, r8
	str	r1, [r3, #CMSPI_CTX_OUT_WP]
	bx	lr

/* ---- the end ------------------------------------------------------------ */

aborted:
	movs	r0, #CMSPI_EXIT_ABORTED
leave:					/* r0 = CMSPI_EXIT_* */
	mov	r11, r0
	bl	cs_high
	ctx_far	r0, CMSPI_CTX_SETUP
	ldr	r4, [r0]
	ctx_far	r6, CMSPI_CTX_SETUP_DONE
	ldr	r5, [r6]
1:	cmp	r5, r4
	bls	2f
	subs	r5, #CMSPI_SETUP_BYTES
	ldm	r5!, {r0, r1}		/* address, mask */
	ldr	r2, [r5, #CMSPI_SETUP_SAVE - CMSPI_SETUP_VALUE]
	subs	r5, #CMSPI_SETUP_VALUE
	ldr	r3, [r0]
	bics	r3, r1
	ands	r2, r1
	orrs	r3, r2
	str	r3, [r0]
	b	1b
2:	str	r4, [r6]
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_STEPS_DONE]
	ldr	r2, [r7, #CMSPI_CTX_STATUS]
	adds	r7, #CMSPI_CTX_STEP
	ldr	r3, [r7, #CMSPI_AT_ADDR]
	subs	r7, #CMSPI_CTX_STEP - CMSPI_CTX_NEVER_BUSY
	ldr	r4, [r7]
	mov	r0, r11
	b	core + CMSPI_EXIT_OFFSET
	.align	2

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

	/* One line, or two: MISO brings the higher bit, MOSI the lower */
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
	adds	r7, #CMSPI_CTX_LO_ADDR
	ldm	r7!, {r3, r4, r5, r6}	/* low address and word, high address and word */
	ldr	r2, [r7, #CMSPI_CTX_DELAY - CMSPI_CTX_IN_ADDR]
	str	r4, [r3]
	movs	r0, r2
3:	subs	r0, #1
	bne	3b
	str	r6, [r5]
4:	subs	r2, #1
	bne	4b
	ldm	r7!, {r3, r4}		/* input register, shift of MISO */
	.if	\lines == 2
	ctx_far	r5, CMSPI_CTX_IN0_SHIFT
	ldr	r5, [r5]
	ldr	r3, [r3]
	movs	r2, r3
	lsrs	r2, r4
	adcs	r1, r1
	lsrs	r3, r5
	adcs	r1, r1
	.else
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

/* r1 = a byte from whichever receive loop there is; SPARE holds it for a moment */
.macro any_byte_in
	ctx_far	r0, CMSPI_CTX_SPARE
	movs	r1, #1
	ctx_far	r3, CMSPI_CTX_STEP + CMSPI_AT_LINES
	ldrb	r3, [r3]
	lsrs	r3, r3, #4
	lsls	r3, r3, #2
	ctx_far	r2, CMSPI_CTX_RX
	ldr	r3, [r2, r3]
	blx	r3
	ctx_far	r0, CMSPI_CTX_SPARE
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

/* One port: r0 = source, r1 = F0h, r2 = port, r3 = CLK word, r12 = table,
 * lr = end */
.macro tx1_one_port name, bit, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	push	{lr}
	add	r1, r0
	mov	lr, r1
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_TABLE]
	mov	r12, r1
	ldr	r3, [r7, #CMSPI_CTX_HI_WORD]
	ctx_far	r2, CMSPI_CTX_CLK_BASE
	ldr	r2, [r2]
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
	ctx_far	r3, CMSPI_CTX_CLK_BASE
	ldr	r3, [r3]
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

/* Clocks with the bits of each shifted into r7: r2 = CLK port, r3, r4 = CLK
 * high and low words, r5 = input register. What came with one clock is shifted
 * in while the next is low, which gives the chip time to drive its next bit;
 * one and two stand there before the first. */
.macro clock_in cycles, one, two, three, four
	str	r4, [r2, #CMSPI_PATCH_LOW]
	\one
	\two
	\three
	\four
	pad	\cycles
	str	r3, [r2, #CMSPI_PATCH_HIGH]
	pad	\cycles
	ldr	r6, [r5]
.endm

.macro shift_in_1
	lsrs	r6, r6, #patch_miso
	adcs	r7, r7
.endm

.macro bits_in_1 clocks, cycles, one, two
	clock_in \cycles, "\one", "\two"
	.rept	\clocks - 1
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

.macro bits_in_2 clocks, cycles, one, two
	clock_in \cycles, "\one", "\two"
	.rept	\clocks - 1
	clock_in \cycles, "lsrs r6, r6, #patch_io1", "adcs r7, r7", \
		"lsrs r6, r6, #patch_io0", "adcs r7, r7"
	.endr
	shift_in_2
.endm

.macro load_bits_in
	mov	r7, r8
	ldr	r3, [r7, #CMSPI_CTX_HI_WORD]
	ldr	r4, [r7, #CMSPI_CTX_LO_WORD]
	ldr	r5, [r7, #CMSPI_CTX_IN_ADDR]
	ctx_far	r2, CMSPI_CTX_CLK_BASE
	ldr	r2, [r2]
.endm

/* r0 = destination - 2, r1 = the last two bytes of it - 2 */
.macro rx_fast name, bits, byte_clocks, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	push	{lr}
	mov	r12, r1
	lsrs	r1, r1, #1
	lsls	r1, r1, #1
	subs	r0, #2
	adds	r1, r1, r0
	load_bits_in
	b	2f
1:	\bits	2 * \byte_clocks, \cycles, "adds r0, #2", "mov r8, r8"
	rev16	r7, r7
	strh	r7, [r0]
2:	cmp	r0, r1
	again	\cycles
	mov	r6, r12
	lsrs	r6, r6, #1
	bcs	3f
	pop	{pc}
3:	\bits	\byte_clocks, \cycles, "mov r8, r8", "mov r8, r8"
	strb	r7, [r0, #2]
	pop	{pc}
	.align	2
.endm

/* CRC-32 by table: r0 = CRC, r1 = table, r12 = bytes left */
.macro crc_fast name, bits, byte_clocks, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	mov	r12, r1
	load_bits_in
	mov	r7, r8
	ldr	r1, [r7, #CMSPI_CTX_CRC_TABLE]
1:	\bits	\byte_clocks, \cycles, "movs r7, #0", "mov r8, r8"
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
.macro blank_fast name, bits, byte_clocks, cycles
	.section .text.\name\cycles, "ax"
	.global	\name\cycles
\name\cycles:
	load_bits_in
	movs	r0, #0xff
1:	\bits	\byte_clocks, \cycles, "mov r8, r8", "mov r8, r8"
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

	.irp	cycles, 0, 1, 2, 4, 8
	tx1_one_port tx1_pair, bit_pair, \cycles
	tx1_one_port tx1_plain, bit_plain, \cycles
	tx1_two_ports tx1_three, \cycles
	rx_fast	rx1_fast, bits_in_1, 8, \cycles
	crc_fast crc1_fast, bits_in_1, 8, \cycles
	blank_fast blank1_fast, bits_in_1, 8, \cycles
	rx_fast	rx2_fast, bits_in_2, 4, \cycles
	crc_fast crc2_fast, bits_in_2, 4, \cycles
	blank_fast blank2_fast, bits_in_2, 4, \cycles
	.endr
