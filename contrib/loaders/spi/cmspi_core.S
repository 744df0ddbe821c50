/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The stub's core: takes steps from a ring and runs them by the loops of
 * cmspi_stub.S. It knows steps, stores and streams, no chips and no port
 * layouts; see cmspi_abi.h for its contract. ARMv6-M only (also for M3 and
 * later), position-independent.
 *
 * Assembled once for each set of step kinds, so that a batch uploads no more
 * than it needs: CORE names the section, WITH_PROGRAM (with SEND, write enable
 * and poll), WITH_RECEIVE, WITH_SUMS, WITH_PACKED and WITH_WORDS (need WITH_PROGRAM) say
 * what is in it, WITH_ONE_PIN (needs the first three) that one pin carries the data
 * of both directions, WITH_WIDE (needs the first two) that lines beside MOSI are sent
 * on: a frame begins and ends with MISO as the only input, and the others high.
 * WITH_IN_CELLS and WITH_OUT_CELLS say that a ring is made of cells.
 *
 * Registers: r8 = context, r9 = bytes left of the step, r10 = bytes left of
 * the page, grain or transfer, r11 = end of the ring unit in hand. In a poll
 * r11 counts down.
 */

#include "cmspi_asm.S"

#ifndef WITH_PACKED
#define send_page send_units
#endif
#if defined(WITH_IN_CELLS) || defined(WITH_OUT_CELLS)
#define BASES_DONE clear_stamps
#else
#define BASES_DONE next_step
#endif

/* carry = the flag of the step at r7; r0 is lost */
.macro flag_to_carry bit
	ldrb	r0, [r7, #CMSPI_AT_FLAGS]
	lsrs	r0, r0, #\bit + 1
.endm
	.equ	wren, 0			/* the bits of CMSPI_FLAG_* */
	.equ	check_wel, 1
	.equ	to_poll, 2
	.equ	keep_cs, 3
	.equ	go_on, 4
	.equ	running, 5
	.equ	turns, 6
	.equ	more, 7

/* give the in unit in hand back to the host */
.macro in_done
	mov	r1, r11
	ctx_at	r3, CMSPI_CTX_IN_RP
	str	r1, [r3]
.endm

/* hand the out unit in hand to the host */
.macro out_done
	mov	r1, r11
	ctx_at	r3, CMSPI_CTX_OUT_WP
	str	r1, [r3]
#ifdef WITH_OUT_CELLS
	lsrs	r3, r1, #1		/* without the lap */
	lsls	r3, r3, #1
	subs	r3, #255
	subs	r3, #CMSPI_CELL_BYTES - 255
	str	r1, [r3]		/* the stamp, last */
#endif
.endm

.macro cell_bytes reg
	movs	\reg, #255
	adds	\reg, #CMSPI_CELL_BYTES - 255
.endm

/* The one data pin turns round between sending and receiving, while CLK is high:
 * the chip drives it from when CLK falls. To input (0) or output (1); r0 to r6 are
 * lost. */
.macro data_pin to
#ifdef WITH_ONE_PIN
	movs	r0, #\to
	movs	r4, #1
	bl	turn_some
#endif
.endm

/* to where the step at r7 has something on several lines: r0 is lost */
.macro unless_wide bit, target
	ldrb	r0, [r7, #CMSPI_AT_WIDE]
	lsrs	r0, r0, #\bit + 1
	bcc	\target
.endm
	.equ	wide_opcode, 0		/* the bits of CMSPI_AT_WIDE_* */
	.equ	wide_addr, 1
	.equ	wide_tx, 2

/* chip select low; r7 = step, r2 and r3 are lost */
.macro cs_low
	ctx_at	r7, CMSPI_CTX_CS_LO_ADDR
	ldm	r7!, {r2, r3}
	str	r3, [r2]
	adds	r7, #CMSPI_CTX_STEP - CMSPI_CTX_CS_LO_ADDR - 8
.endm

/* CS low, all ready to call the loop at r3 that sends the byte at r0 */
.macro send_byte
#ifdef WITH_WIDE
	push	{r0}
	bl	opcode_lines
	pop	{r0}
#endif
	cs_low
	movs	r1, #1
	ldr	r3, [r7, #CMSPI_AT_TX_CMD]
.endm

/* CLK low, chip select high, for a while; r0, r6 and r7 are kept */
.macro raise_cs
	ctx_at	r5, CMSPI_CTX_CS_HI_ADDR
	ldm	r5!, {r1, r2, r3, r4}	/* of chip select, rounds, of CLK low */
	ldr	r5, [r5]
	str	r5, [r4]
	str	r2, [r1]
9:	subs	r3, #1
	bne	9b
.endm

	.section .text.CORE, "ax"
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
	ctx_at	r7, CMSPI_CTX_SETUP_DONE
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
	bhs	BASES_DONE
	ldm	r4!, {r0, r1, r2, r3}	/* words, count, register, mask */
	ldr	r2, [r2]
	ands	r2, r3
1:	ldr	r3, [r0]
	orrs	r3, r2
	stm	r0!, {r3}
	subs	r1, #1
	bne	1b
	b	bases_next

#if defined(WITH_IN_CELLS) || defined(WITH_OUT_CELLS)
/* cells that nobody has filled yet must not look as if somebody had */
clear_stamps:
#ifdef WITH_IN_CELLS
	mov	r3, r8
	ldr	r0, [r3, #CMSPI_CTX_IN_WP]
	ldr	r1, [r3, #CMSPI_CTX_IN_END]
	cell_bytes r2
	movs	r3, #0
1:	adds	r0, r0, r2
	cmp	r0, r1
	bhi	2f
	subs	r4, r0, #4
	str	r3, [r4]
	b	1b
2:
#endif
#ifdef WITH_OUT_CELLS
	mov	r3, r8
	ldr	r0, [r3, #CMSPI_CTX_OUT_BASE]
	ldr	r1, [r3, #CMSPI_CTX_OUT_END]
	movs	r3, #0
	subs	r1, #1 + 4
1:	str	r3, [r1]		/* all of them, which takes less code */
	subs	r1, #4
	cmp	r1, r0
	bhs	1b
#endif
	b	next_step
#endif

/* ---- steps -------------------------------------------------------------- */

step_done:
	mov	r3, r8
	ldr	r0, [r3, #CMSPI_CTX_STEPS_DONE]
	adds	r0, #1
	str	r0, [r3, #CMSPI_CTX_STEPS_DONE]
next_step:
	movs	r0, #CMSPI_STEP_BYTES
	bl	in_unit
	ctx_at	r7, CMSPI_CTX_STEP
	.if	CMSPI_STEP_BYTES - 52
	.error	"CMSPI_STEP_BYTES is wrong"
	.endif
	ldm	r0!, {r1, r2, r3, r4, r5, r6}
	stm	r7!, {r1, r2, r3, r4, r5, r6}
	mov	r9, r2			/* bytes of data */
	mov	r10, r2
	ldm	r0!, {r1, r2, r3, r4, r5, r6}
	stm	r7!, {r1, r2, r3, r4, r5, r6}
	ldm	r0!, {r1}
	stm	r7!, {r1}
	in_done
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_KIND]
#ifdef WITH_PROGRAM
	cmp	r0, #CMSPI_KIND_SEND
	beq	transfer
	cmp	r0, #CMSPI_KIND_PROGRAM
	beq	program
#endif
#ifdef WITH_PACKED
	cmp	r0, #CMSPI_KIND_PACKED
	beq	packed
#endif
#ifdef WITH_RECEIVE
	cmp	r0, #CMSPI_KIND_RECEIVE
	beq	transfer
#endif
#ifdef WITH_SUMS
	cmp	r0, #CMSPI_KIND_CRC
	beq	crc
	cmp	r0, #CMSPI_KIND_BLANK
	beq	blank
#endif
#ifdef WITH_WORDS
	cmp	r0, #CMSPI_KIND_WORDS
	bne	2f
	b	words
2:
#endif
	cmp	r0, #CMSPI_KIND_END
	beq	1f			/* r0 = CMSPI_EXIT_OK */
	movs	r0, #CMSPI_EXIT_BAD_STEP
1:	b	leave

transfer:
	flag_to_carry go_on
	bcs	1f
#ifdef WITH_PROGRAM
	bl	write_enable
#endif
	bl	open_frame
1:
#if defined(WITH_PROGRAM) && defined(WITH_RECEIVE)
	ldrb	r0, [r7, #CMSPI_AT_KIND]
	cmp	r0, #CMSPI_KIND_SEND
	bne	2f
#endif
#ifdef WITH_PROGRAM
	bl	send_units
#endif
#if defined(WITH_PROGRAM) && defined(WITH_RECEIVE)
	b	3f
#endif
#ifdef WITH_RECEIVE
2:	bl	receive_units
#endif
3:	ctx_at	r7, CMSPI_CTX_STEP
	flag_to_carry keep_cs
	bcs	step_done
	bl	close_frame
#ifdef WITH_PROGRAM
	flag_to_carry to_poll
	bcc	step_done
	bl	poll
#endif
	b	step_done

#ifdef WITH_PACKED
packed:
	mov	r0, r9
	cmp	r0, #0
	beq	packed_done		/* nothing to program yet */
#endif
#ifdef WITH_PROGRAM
/* Write enable is checked before the first page only: a later one that it did
 * not reach finds the chip ready at the first look, which is counted. */
program:
	bl	write_enable
	ctx_at	r7, CMSPI_CTX_STEP
	ldrh	r6, [r7, #CMSPI_AT_FIRST]
	b	2f
program_page:
	ctx_at	r0, CMSPI_CTX_WREN
	bl	open_byte
	bl	cs_high
	ctx_at	r7, CMSPI_CTX_STEP
	ldrh	r6, [r7, #CMSPI_AT_PAGE]
2:	cmp	r6, r9
	bls	1f
	mov	r6, r9
1:	mov	r10, r6
	push	{r6}
	bl	open_frame
	bl	send_page
	bl	cs_high
	bl	poll
	pop	{r1}
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r2, [r7, #CMSPI_AT_SHIFT]
	ldr	r0, [r7, #CMSPI_AT_ADDR]
	mov	r3, r9
	subs	r3, r3, r1
	mov	r9, r3
	lsls	r1, r2
	adds	r0, r0, r1
	str	r0, [r7, #CMSPI_AT_ADDR]
	cmp	r3, #0
	bne	program_page
#ifdef WITH_PACKED
packed_done:
	mov	r10, r9
	bl	unpack			/* if the chip left no time for it */
#endif
	b	step_done
#endif

#ifdef WITH_SUMS
crc:
	bl	open_frame
	data_pin 0
crc_next:
	movs	r5, #0
	mvns	r5, r5
crc_on:					/* r5 = sum so far */
	bl	grain
	beq	1f
	movs	r0, r5
	bl	call_data
	push	{r0}
	bl	put_result
	pop	{r5}
	ctx_at	r7, CMSPI_CTX_STEP
	flag_to_carry running
	bcs	crc_on
	b	crc_next
1:	bl	close_frame
sums_done:
	b	step_done

blank:
	bl	grain
	beq	sums_done
	bl	open_frame
	data_pin 0
	bl	call_data
	push	{r0}
	bl	close_frame		/* ends the read early where it is not blank */
	pop	{r0}
	bl	put_result
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r1, [r7, #CMSPI_AT_SHIFT]
	ldr	r2, [r7, #CMSPI_AT_ADDR]
	mov	r0, r10
	lsls	r0, r1
	adds	r2, r2, r0
	str	r2, [r7, #CMSPI_AT_ADDR]
	b	blank

/* r10 = bytes of the next grain, taken off r9; Z when nothing is left */
grain:
	ctx_at	r7, CMSPI_CTX_STEP
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

/* the loop that takes a grain; r0 is its */
call_data:
	ctx_at	r7, CMSPI_CTX_STEP
	mov	r1, r10
	ldr	r3, [r7, #CMSPI_AT_DATA]
	bx	r3

/* one result word r0 to the out ring */
put_result:
	push	{r0, lr}
	movs	r0, #4
	bl	out_unit
	pop	{r1}
	str	r1, [r0]
	out_done
	pop	{pc}
#endif

/* r0 = bytes of the next unit in whole words, r6 = its bytes, taken off r10;
 * Z when nothing is left; r7 = step */
.macro next_unit
	ctx_at	r7, CMSPI_CTX_STEP
	mov	r1, r10
	ldrh	r6, [r7, #CMSPI_AT_UNIT]
	cmp	r6, r1
	blo	8f
	movs	r6, r1
8:	subs	r1, r1, r6
	mov	r10, r1
	movs	r1, #3
	adds	r0, r6, r1
	bics	r0, r1
.endm

#ifdef WITH_PACKED
/* the r10 bytes of a page to the chip; r10 = bytes left behind it if they were
 * unpacked, else 0 */
send_page:
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_KIND]
	cmp	r0, #CMSPI_KIND_PACKED
	bne	send_units
	mov	r1, r10
	mov	r3, r9
	subs	r3, r3, r1
	mov	r10, r3
	ctx_at	r2, CMSPI_CTX_SOURCE
	ldr	r0, [r2]
	adds	r3, r0, r1
	str	r3, [r2]
	ldr	r3, [r7, #CMSPI_AT_DATA]
	bx	r3

/* Once the last page of a step is on its way (r10 = 0) there is time: take the
 * unit of a PACKED step and unpack it. r8 to r11 are kept. */
unpack:
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r1, [r7, #CMSPI_AT_KIND]
	cmp	r1, #CMSPI_KIND_PACKED
	bne	1f
	mov	r1, r10
	ldrh	r0, [r7, #CMSPI_AT_UNIT]
	cmp	r0, #0
	beq	1f
	cmp	r1, #0
	bne	1f
	mov	r6, r11
	push	{r6, lr}
	strh	r1, [r7, #CMSPI_AT_UNIT]	/* not again */
	bl	in_unit
	ldm	r0!, {r1, r2}		/* where to, and bytes there */
	ctx_at	r3, CMSPI_CTX_SOURCE
	str	r1, [r3]
	adds	r3, r1, r2
	ldm	r0!, {r2}
	adds	r2, r2, r0
	ldr	r4, [r7, #CMSPI_AT_TX_ADDR]
	blx	r4
	cmp	r0, #0
	beq	bad_block
	in_done
	pop	{r6}
	mov	r11, r6
	pop	{pc}
bad_block:
	movs	r0, #CMSPI_EXIT_BAD_BLOCK
	b	leave
1:	bx	lr
#endif

#ifdef WITH_PROGRAM
/* r10 bytes from in units to the chip */
send_units:
	push	{lr}
1:	next_unit
	beq	2f
	bl	in_unit
	movs	r1, r6
	ldr	r3, [r7, #CMSPI_AT_DATA]
	blx	r3
	in_done
	mov	r0, r10
	cmp	r0, #0
	bne	1b
2:	pop	{pc}
#endif

#ifdef WITH_RECEIVE
/* r10 bytes from the chip to out units */
receive_units:
	push	{lr}
	data_pin 0
1:	next_unit
	beq	2f
	bl	out_unit
	movs	r1, r6
	ldr	r3, [r7, #CMSPI_AT_DATA]
	blx	r3
	out_done
	b	1b
2:	pop	{pc}
#endif

#ifdef WITH_WORDS
words:
	bl	write_enable
words_unit:
	next_unit
	beq	words_done
	bl	in_unit
	mov	r9, r0			/* the next word */
	mov	r1, r11
	adds	r6, r6, r0
	push	{r1, r6}		/* end of the unit, of its data */
words_next:
	bl	open_frame
	movs	r1, #1
	strb	r1, [r7, #CMSPI_AT_HEAD]	/* the chip counts on by itself */
	mov	r0, r9
	movs	r1, #2
	add	r9, r1
	ldr	r3, [r7, #CMSPI_AT_DATA]
	blx	r3
	bl	cs_high
	bl	poll
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r2, [r7, #CMSPI_AT_SHIFT]
	ldr	r0, [r7, #CMSPI_AT_ADDR]
	movs	r1, #2
	lsls	r1, r2
	adds	r0, r0, r1
	str	r0, [r7, #CMSPI_AT_ADDR]
	ldr	r0, [sp, #4]
	cmp	r9, r0
	bne	words_next
	pop	{r1, r6}
	mov	r11, r1
	in_done
	b	words_unit
words_done:
	b	step_done
#endif

/* ---- commands ----------------------------------------------------------- */

#ifdef WITH_PROGRAM
/* a frame of its own with the write enable opcode, checked if wanted */
write_enable:
	flag_to_carry wren
	bcc	1f
	push	{lr}
	ctx_at	r0, CMSPI_CTX_WREN
	bl	open_byte
	bl	cs_high
	ctx_at	r7, CMSPI_CTX_STEP
	flag_to_carry check_wel
	bcc	2f
	ctx_at	r0, CMSPI_CTX_WREN + 1
	bl	read_status
	ctx_at	r1, CMSPI_CTX_WREN + 2
	ldrb	r1, [r1]
	tst	r0, r1
	bne	2f
	movs	r0, #CMSPI_EXIT_NO_WEL
	b	leave
2:	pop	{pc}
1:	bx	lr

/* ask until ready, then look whether it did what it was told */
poll:
	push	{lr}
	ctx_at	r7, CMSPI_CTX_STEP
	ldr	r6, [r7, #CMSPI_AT_POLLS]
	mov	r11, r6
poll_again:
	ctx_at	r0, CMSPI_CTX_STEP + CMSPI_AT_POLL
	bl	read_status
	ctx_at	r7, CMSPI_CTX_STEP
	ldr	r1, [r7, #CMSPI_AT_POLL]
	lsrs	r2, r1, #8		/* mask */
	lsrs	r3, r1, #16		/* ready value */
	lsrs	r1, r1, #24		/* fail bits */
	uxtb	r3, r3
	ands	r2, r0			/* a byte */
	cmp	r2, r3
	beq	poll_ready
	mov	r3, r8
	ldr	r2, [r3, #CMSPI_CTX_IN_WP]
	cmp	r2, #0
	beq	poll_aborted
	adds	r3, #CMSPI_CTX_BEAT
	mov	r6, r11
	str	r6, [r3]
#ifdef WITH_PACKED
	bl	unpack
	mov	r6, r11
#endif
	subs	r6, #1
	mov	r11, r6
	bne	poll_again
	movs	r0, #CMSPI_EXIT_TIMEOUT
	b	leave
poll_aborted:
	b	aborted
poll_ready:
	tst	r0, r1
	bne	poll_refused
	ldr	r2, [r7, #CMSPI_AT_POLLS]
	cmp	r2, r11
	bne	2b
	ctx_at	r7, CMSPI_CTX_NEVER_BUSY
	ldr	r2, [r7]
	adds	r2, #1
	str	r2, [r7]
	b	2b
poll_refused:
	movs	r0, #CMSPI_EXIT_REFUSED
	b	leave

/* r0 = address of the status opcode; returns the status in r0 */
read_status:
	push	{lr}
	mov	r3, r8
	ldr	r1, [r3, #CMSPI_CTX_WDOG_ADDR]
	ldr	r2, [r3, #CMSPI_CTX_WDOG_WORD]
	str	r2, [r1]
	send_byte
	blx	r3
	data_pin 0
#ifdef WITH_WIDE
	ctx_at	r7, CMSPI_CTX_STEP
	unless_wide wide_opcode, 1f
	movs	r0, #CMSPI_WIDE_RECEIVE
	bl	turn
1:
#endif
	ctx_at	r0, CMSPI_CTX_STATUS
	ctx_at	r7, CMSPI_CTX_STEP
	movs	r1, #1
	ldr	r3, [r7, #CMSPI_AT_RX]
	blx	r3
#if defined(WITH_WIDE)
	bl	cs_high
	ctx_at	r0, CMSPI_CTX_STATUS
	ldrb	r0, [r0]
#elif defined(WITH_ONE_PIN)
	raise_cs
	data_pin 1
	ctx_at	r0, CMSPI_CTX_STATUS
	ldrb	r0, [r0]
#else
	ctx_at	r0, CMSPI_CTX_STATUS
	ldrb	r0, [r0]
	raise_cs
#endif
	pop	{pc}

/* CS low, and the byte at r0 */
open_byte:
#ifdef WITH_WIDE
	push	{lr}
	send_byte
	blx	r3
	pop	{pc}
#else
	send_byte
	bx	r3			/* the loop returns to our caller */
#endif
#endif

#ifdef WITH_WIDE
/* Before CS falls: the lines of the opcode of the step in hand; r7 = step. */
opcode_lines:
	ctx_at	r7, CMSPI_CTX_STEP
	unless_wide wide_opcode, 1f
send_lines:
	movs	r0, #CMSPI_WIDE_SEND

/* Turn the lines of the step at r7 to the state r0; r1 to r6 are lost. A line that
 * the chip will drive is let go of while CLK is high: it drives from when CLK
 * falls. */
turn:
	ldrb	r4, [r7, #CMSPI_AT_TURNS]
	ctx_at	r5, CMSPI_CTX_TURNS
	ldr	r5, [r5]
	.if	CMSPI_WIDE_TURN_BYTES - 20
	.error	"CMSPI_WIDE_TURN_BYTES is wrong"
	.endif
2:	ldm	r5!, {r1, r2}		/* address, mask */
	ldr	r3, [r5, r0]
	adds	r5, #12
	ldr	r6, [r1]
	bics	r6, r2
	orrs	r6, r3
	str	r6, [r1]
	subs	r4, #1
	bne	2b
1:	bx	lr
#endif

/* CS low, opcode, address, mode, dummy clocks of the step in hand; r7 = step */
open_frame:
	push	{lr}
#ifdef WITH_WIDE
	bl	opcode_lines
#endif
	cs_low
	ldr	r0, [r7, #CMSPI_AT_ADDR]
	rev	r0, r0
	str	r0, [r7, #CMSPI_AT_SENT]
	ldrb	r1, [r7, #CMSPI_AT_HEAD]
	ldr	r3, [r7, #CMSPI_AT_TX_CMD]
	movs	r0, r7
	adds	r0, #CMSPI_AT_OPCODE
	blx	r3
	ctx_at	r7, CMSPI_CTX_STEP
	flag_to_carry more
	bcs	open_more
	pop	{pc}
open_more:
#ifdef WITH_WIDE
	unless_wide wide_addr, 1f
	bl	send_lines
1:
#endif
	ldrb	r1, [r7, #CMSPI_AT_TAIL]
	cmp	r1, #0
	beq	1f
	movs	r0, r7
	adds	r0, #CMSPI_AT_SENT
	ldr	r3, [r7, #CMSPI_AT_TX_ADDR]
	blx	r3
#if defined(WITH_WIDE)
1:	ctx_at	r7, CMSPI_CTX_STEP
	unless_wide wide_tx, 1f
	bl	send_lines
1:	flag_to_carry turns
	bcc	1f
	movs	r0, #CMSPI_WIDE_RECEIVE
	bl	turn
#elif defined(WITH_RECEIVE)
1:	ctx_at	r7, CMSPI_CTX_STEP
	flag_to_carry turns
	bcc	1f
	/* the last address bit is in: release the lines while CLK is low,
	 * before the chip drives them */
	mov	r2, r8
	ldr	r0, [r2, #CMSPI_CTX_LO_ADDR]
	ldr	r1, [r2, #CMSPI_CTX_LO_WORD]
	str	r1, [r0]
	movs	r0, #0
	bl	turn
#endif
1:	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r1, [r7, #CMSPI_AT_DUMMY]
	mov	r3, r8
	ldr	r2, [r3, #CMSPI_CTX_DELAY]
	ldr	r4, [r3, #CMSPI_CTX_LO_ADDR]
	ldr	r5, [r3, #CMSPI_CTX_LO_WORD]
	ldr	r6, [r3, #CMSPI_CTX_HI_ADDR]
	ldr	r7, [r3, #CMSPI_CTX_HI_WORD]
	b	2f
3:	str	r5, [r4]
	movs	r0, r2
5:	subs	r0, #1
	bne	5b
	str	r7, [r6]
	movs	r0, r2
6:	subs	r0, #1
	bne	6b
2:	subs	r1, #1
	bpl	3b
	ctx_at	r7, CMSPI_CTX_STEP
	pop	{pc}

/* end of a frame that may have turned lines round; r7 = step */
close_frame:
#if defined(WITH_WIDE)
	/* the same for all frames */
#elif defined(WITH_RECEIVE)
	push	{lr}
	bl	cs_high
	data_pin 1
	ctx_at	r7, CMSPI_CTX_STEP
	flag_to_carry turns
	bcc	1f
	movs	r0, #1
	bl	turn
1:	pop	{pc}

/* data lines of the step at r7 to inputs (r0 = 0) or outputs */
turn:
	ldrb	r4, [r7, #CMSPI_AT_TURNS]
turn_some:				/* r4 of them */
	ctx_at	r5, CMSPI_CTX_TURNS
	ldr	r5, [r5]
1:	ldm	r5!, {r1, r2, r3, r6}	/* address, mask, in, out */
	cmp	r0, #0
	beq	2f
	movs	r3, r6
2:	ldr	r6, [r1]
	bics	r6, r2
	orrs	r6, r3
	str	r6, [r1]
	subs	r4, #1
	bne	1b
	bx	lr
#endif

#ifdef WITH_WIDE
cs_high:				/* r7 = step */
	ctx_at	r7, CMSPI_CTX_STEP
	ldrb	r0, [r7, #CMSPI_AT_WIDE]
	cmp	r0, #0
	beq	1f
	push	{lr}
	/* the chip takes nothing more once CLK is low */
	mov	r2, r8
	ldr	r0, [r2, #CMSPI_CTX_LO_ADDR]
	ldr	r1, [r2, #CMSPI_CTX_LO_WORD]
	str	r1, [r0]
	bl	rest_levels
	bl	1f
	movs	r0, #CMSPI_WIDE_REST
	bl	turn
	pop	{pc}
1:	raise_cs
	bx	lr

/* what lines that are outputs rest at, on all ports */
rest_levels:
	ctx_at	r5, CMSPI_CTX_LINES
	ldr	r5, [r5]
	adds	r5, #CMSPI_LINES_PORTS
	ldm	r5!, {r1}
	movs	r4, #4 + 4 * CMSPI_LINES_REST
1:	ldr	r2, [r5]
	ldr	r3, [r5, r4]
	str	r3, [r2]
	adds	r5, #CMSPI_LINES_PORT_BYTES
	subs	r1, #1
	bne	1b
	bx	lr
#else
cs_high:				/* r0, r6 and r7 are kept */
	raise_cs
	bx	lr
#endif

/* ---- rings -------------------------------------------------------------- */

/* where a unit of r0 bytes begins that does not fit at r2: the base, in the next lap;
 * r1 is lost */
.macro next_lap base
	movs	r1, #1
	bics	r1, r2
	ldr	r2, [r3, #\base]
	adds	r2, r2, r1
.endm

/* wait for an in unit of r0 bytes; returns its address in r0, the pointer to its
 * end in r11; r6 and r7 are kept */
in_unit:
#ifdef WITH_IN_CELLS
	cell_bytes r0
#endif
	mov	r3, r8
	ctx_at	r4, CMSPI_CTX_IN_RP
	ldr	r2, [r4]
1:
#ifndef WITH_IN_CELLS
	ldr	r1, [r3, #CMSPI_CTX_IN_WP]
	cmp	r1, r2
	beq	3f
	cmp	r1, #0
	beq	aborted
#endif
	ldr	r1, [r3, #CMSPI_CTX_IN_END]
	subs	r1, r1, r2
	cmp	r1, r0
	bhs	2f
	next_lap CMSPI_CTX_IN_BASE
2:	adds	r1, r2, r0
	mov	r11, r1
#ifdef WITH_IN_CELLS
	lsrs	r2, r1, #1
	lsls	r2, r2, #1
	subs	r2, #4
	ldr	r4, [r2]		/* the stamp */
	cmp	r4, r1
	bne	3f
	subs	r0, r2, r0
	adds	r0, #4
	bx	lr
3:	ldr	r1, [r3, #CMSPI_CTX_IN_WP]
	cmp	r1, #0
	beq	aborted
#else
	lsrs	r0, r2, #1		/* without the lap */
	lsls	r0, r0, #1
	bx	lr
3:
#endif
	ldr	r4, [r3, #CMSPI_CTX_WDOG_ADDR]
	ldr	r5, [r3, #CMSPI_CTX_WDOG_WORD]
	str	r5, [r4]
#ifdef WITH_IN_CELLS
	b	in_unit
#else
	b	1b
#endif

#if defined(WITH_RECEIVE) || defined(WITH_SUMS)
/* wait for room for an out unit of r0 bytes; returns its address in r0, the pointer
 * to its end in r11; r6 and r7 are kept */
out_unit:
#ifdef WITH_OUT_CELLS
	cell_bytes r0
#endif
	mov	r3, r8
1:	ldr	r4, [r3, #CMSPI_CTX_WDOG_ADDR]
	ldr	r1, [r3, #CMSPI_CTX_WDOG_WORD]
	str	r1, [r4]
	ldr	r1, [r3, #CMSPI_CTX_IN_WP]
	cmp	r1, #0
	beq	aborted
	ctx_at	r2, CMSPI_CTX_OUT_WP
	ldr	r2, [r2]
	ldr	r1, [r3, #CMSPI_CTX_OUT_END]
	subs	r1, r1, r2
	cmp	r1, r0
	bhs	2f
	next_lap CMSPI_CTX_OUT_BASE
2:	adds	r4, r2, r0		/* end of the unit */
	ldr	r1, [r3, #CMSPI_CTX_OUT_RP]
	subs	r1, r4, r1
	asrs	r1, r1, #1
	bcc	3f			/* in the host's lap there is room up to the end */
	bgt	1b			/* in the next up to where the host is */
3:	mov	r11, r4
	lsrs	r0, r2, #1		/* without the lap */
	lsls	r0, r0, #1
#ifdef WITH_OUT_CELLS
	adds	r0, #4			/* behind the stamp */
#endif
	bx	lr
#endif

/* ---- the end ------------------------------------------------------------ */

aborted:
	movs	r0, #CMSPI_EXIT_ABORTED
leave:					/* r0 = CMSPI_EXIT_* */
	mov	r11, r0
	bl	cs_high
	ctx_at	r0, CMSPI_CTX_SETUP
	ldr	r4, [r0]
	ctx_at	r6, CMSPI_CTX_SETUP_DONE
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
	ctx_at	r6, CMSPI_CTX_NEVER_BUSY
	ldr	r4, [r6]
	adds	r7, #CMSPI_CTX_STEP
	ldr	r3, [r7, #CMSPI_AT_ADDR]
	mov	r0, r11
	b	core + CMSPI_EXIT_OFFSET
	.align	2
