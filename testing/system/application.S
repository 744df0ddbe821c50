/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The application that a debugger may find on the target, for tests: it runs
 * from internal flash and can make life hard. Each symbol is 0 or not, given
 * with --defsym:
 *   systick       period of SysTick interrupts in core clocks; the handler
 *                 counts at ram_base and clobbers what it is allowed to
 *   iwdg_ms       watchdog period in about milliseconds, kicked by the main loop
 *   mpu_xn        the MPU forbids execution from RAM
 *   unprivileged  the main loop runs unprivileged on the process stack
 *   mid_command   STM32F4, chip on PA4..PA7: it stops in the middle of a read
 *                 command, chip selected
 * At ram_base: SysTick count, main loop count, HardFault count.
 */

	.syntax unified
	.thumb
	.equ ram_base, 0x20000000
	.equ main_stack, ram_base + 0x400
	.equ process_stack, ram_base + 0x600

	.text
vectors:
	.word main_stack
	.word reset
	.word stop
	.word hard_fault
	.rept 11
	.word stop
	.endr
	.word tick

	.global _start
	.thumb_func
_start:
	.thumb_func
reset:
	ldr r4, =ram_base
	movs r0, #0
	str r0, [r4]
	str r0, [r4, #4]
	str r0, [r4, #8]
.if systick
	ldr r1, =0xE000E010
	ldr r0, =systick - 1
	str r0, [r1, #4]
	movs r0, #7
	str r0, [r1]
.endif
.if iwdg_ms
	ldr r1, =0x40003000
	ldr r0, =0x5555
	str r0, [r1]
	movs r0, #3			/* by 32: about 1 kHz */
	str r0, [r1, #4]
	ldr r0, =iwdg_ms
	str r0, [r1, #8]
	ldr r0, =0xCCCC
	str r0, [r1]
.endif
.if mpu_xn
	ldr r1, =0xE000ED94
	movs r0, #0
	str r0, [r1, #4]
	ldr r0, =ram_base
	str r0, [r1, #8]
	ldr r0, =0x13000021		/* 128 KiB, full access, execute never */
	str r0, [r1, #12]
	ldr r0, =0x08000011		/* region 1: flash, 1 MiB, full access */
	str r0, [r1, #8]
	ldr r0, =0x03000027
	str r0, [r1, #12]
	ldr r0, =0x40000012		/* region 2: peripherals, 512 MiB, execute never */
	str r0, [r1, #8]
	ldr r0, =0x13000039
	str r0, [r1, #12]
	movs r0, #5
	str r0, [r1]
	dsb
	isb
.endif
.if mid_command
	bl start_command
.endif
.if unprivileged
	ldr r0, =process_stack
	msr psp, r0
	movs r0, #3
	msr control, r0
	isb
.endif
	ldr r5, =0x40003000
	ldr r6, =0xAAAA
main_loop:
	ldr r0, [r4, #4]
	adds r0, #1
	str r0, [r4, #4]
.if iwdg_ms
	str r6, [r5]
.endif
	b main_loop

	.thumb_func
tick:
	ldr r1, =ram_base
	ldr r0, [r1]
	adds r0, #1
	str r0, [r1]
	ldr r2, =0xDEADBEEF
	mov r3, r2
	mov r12, r2
	bx lr

	.thumb_func
hard_fault:
	ldr r1, =ram_base
	ldr r0, [r1, #8]
	adds r0, #1
	str r0, [r1, #8]
	.thumb_func
stop:
	b stop

.if mid_command
/* RCC_AHB1ENR.GPIOAEN; PA4, PA5, PA7 outputs; 11 of the 32 bits of "03 00 00 00" */
	.thumb_func
start_command:
	ldr r1, =0x40023830
	ldr r0, [r1]
	movs r2, #1
	orrs r0, r2
	str r0, [r1]
	ldr r1, =0x40020000
	ldr r0, =0xA8004500
	ldr r2, =0x00200010		/* CS high, CLK low */
	str r2, [r1, #0x18]
	str r0, [r1]
	ldr r2, =0x00300000		/* CS low, CLK low */
	str r2, [r1, #0x18]
	movs r3, #11
1:	ldr r2, =0x00200080		/* MOSI high for the last two bits of 03h */
	subs r3, #1
	cmp r3, #4
	beq 2f
	cmp r3, #3
	beq 2f
	ldr r2, =0x00A00000		/* MOSI low, CLK low */
2:	str r2, [r1, #0x18]
	movs r2, #0x20
	str r2, [r1, #0x18]
	cmp r3, #0
	bne 1b
	bx lr
.endif

	.ltorg
