/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The firmware's console: the transmitter of one USART. Both generations of
 * ST's USART (status and data register first, or ISR and TDR) are a row. Lines
 * go to stdout when they are complete.
 */

#include <stdio.h>
#include <stdlib.h>

#include "core.h"

#define SR_TXE (1u << 7)
#define SR_TC (1u << 6)

struct uart {
	struct sim_device device;
	uint32_t status_offset;
	uint32_t data_offset;
	uint32_t divider_offset;
	uint32_t gate_addr;
	unsigned int gate_bit;
	bool takes_baud_time;
	uint32_t regs[16];
	uint64_t free_ps; /* when the shift register is done */
	char line[256];
	size_t line_bytes;
};

static void flush_line(struct uart *uart)
{
	fwrite(uart->line, 1, uart->line_bytes, stdout);
	fflush(stdout);
	uart->line_bytes = 0;
}

static void transmit(struct uart *uart, uint8_t byte)
{
	uint32_t divider = uart->regs[uart->divider_offset / 4];

	/* ten bits of 1/16th-bit clocks, counted in core clocks */
	if (uart->takes_baud_time && divider)
		uart->free_ps = sim_time_ps() + 10ull * divider * 1000000000000ull / sim_core_hz();
	if (byte == '\r')
		return;
	uart->line[uart->line_bytes++] = byte;
	if (byte == '\n' || uart->line_bytes == sizeof(uart->line))
		flush_line(uart);
}

static enum sim_access uart_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	struct uart *uart = ctx;

	if (!sim_clock_gate_on(uart->gate_addr, uart->gate_bit))
		return SIM_OK;
	if (offset == uart->status_offset)
		*value = sim_time_ps() >= uart->free_ps ? SR_TXE | SR_TC : 0;
	else if (offset < sizeof(uart->regs))
		*value = uart->regs[offset / 4];
	return SIM_OK;
}

static enum sim_access uart_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	struct uart *uart = ctx;

	if (!sim_clock_gate_on(uart->gate_addr, uart->gate_bit))
		return SIM_OK;
	if (offset == uart->data_offset)
		transmit(uart, value);
	else if (offset < sizeof(uart->regs))
		uart->regs[offset / 4] = value;
	return SIM_OK;
}

static void uart_reset(void *ctx)
{
	struct uart *uart = ctx;

	for (size_t i = 0; i < ARRAY_LEN(uart->regs); i++)
		uart->regs[i] = 0;
	uart->free_ps = 0;
	if (uart->line_bytes)
		flush_line(uart);
}

int uart_create(const json_t *row)
{
	if (rows_check(row, "uart", "name base! status_offset! data_offset! divider_offset! gate!"
			" baud_time"))
		return -1;
	struct uart *uart = calloc(1, sizeof(*uart));
	if (!uart)
		return -1;
	const json_t *gate = json_object_get(row, "gate");
	uart->status_offset = rows_u32(row, "status_offset", 0);
	uart->data_offset = rows_u32(row, "data_offset", 0);
	uart->divider_offset = rows_u32(row, "divider_offset", 0);
	uart->gate_addr = rows_u32(gate, "addr", 0);
	uart->gate_bit = rows_u32(gate, "bit", 0);
	uart->takes_baud_time = json_is_true(json_object_get(row, "baud_time"));
	uart->device = (struct sim_device){
		.name = rows_text(row, "name", "uart"),
		.base = rows_u32(row, "base", 0),
		.size_bytes = 0x400,
		.ctx = uart,
		.read = uart_read,
		.write = uart_write,
		.reset = uart_reset,
	};
	sim_bus_add(&uart->device);
	return 0;
}
