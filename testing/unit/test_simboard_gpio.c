// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The board's GPIO ports and wires, through the registers as the bus sees them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim_clock.h"

#ifndef TOP_SRCDIR
#define TOP_SRCDIR "."
#endif

#define CYCLE_PS 62500ULL /* 16 MHz */

/* ---- the test is the bus ------------------------------------------------- */

static struct sim_device *devices;
static bool gate_on;
static bool supply_on;
static void (*gates_changed)(void);

#define SUPPLY_ADDR 0x40007004

bool sim_clock_gate_on(uint32_t addr, unsigned int bit)
{
	(void)bit;
	return addr == SUPPLY_ADDR ? supply_on : gate_on;
}

void sim_gates_watch(void (*changed)(void))
{
	gates_changed = changed;
}

void sim_bus_add(struct sim_device *device)
{
	device->next = devices;
	devices = device;
}

static struct sim_device *device_at(uint32_t addr)
{
	struct sim_device *device = devices;

	while (device && (addr < device->base || addr - device->base >= device->size_bytes))
		device = device->next;
	assert_non_null(device);
	return device;
}

static uint32_t read_width(uint32_t addr, unsigned int width_bytes)
{
	struct sim_device *device = device_at(addr);
	uint32_t value;

	now_ps += 2 * CYCLE_PS;
	assert_int_equal(device->read(device->ctx, addr - device->base, width_bytes, &value), SIM_OK);
	return value;
}

static uint32_t rd(uint32_t addr)
{
	return read_width(addr, 4);
}

static void write_width(uint32_t addr, unsigned int width_bytes, uint32_t value)
{
	struct sim_device *device = device_at(addr);

	now_ps += CYCLE_PS;
	assert_int_equal(device->write(device->ctx, addr - device->base, width_bytes, value), SIM_OK);
}

static void wr(uint32_t addr, uint32_t value)
{
	write_width(addr, 4, value);
}

static json_t *row_of(const char *family)
{
	char path[256];
	json_t *row;

	snprintf(path, sizeof(path), TOP_SRCDIR "/testing/simboard/data/gpio/%s.json", family);
	row = json_load_file(path, 0, NULL);
	assert_non_null(row);
	return row;
}

static int create(json_t *row)
{
	sim_nets_clear();
	sim_sins_clear();
	devices = NULL;
	gate_on = true;
	supply_on = false;
	assert_int_equal(sim_gpio_create(row), 0);
	json_decref(row);
	return 0;
}

static int load(const char *family)
{
	return create(row_of(family));
}

static enum sim_level level(const char *pin)
{
	return sim_net_level(sim_net_get(pin), now_ps, NULL);
}

/* ---- STM32F4 -------------------------------------------------------------- */

#define F4A 0x40020000
#define F4B 0x40020400
#define MODER 0x00
#define OTYPER 0x04
#define PUPDR 0x0c
#define IDR 0x10
#define ODR 0x14
#define BSRR 0x18
#define LCKR 0x1c

static int f4(void **state)
{
	(void)state;
	return load("stm32f4");
}

static void f4_reset_values_as_in_the_manual(void **state)
{
	(void)state;
	assert_int_equal(rd(F4A + MODER), 0xa8000000);
	assert_int_equal(rd(F4B + MODER), 0x00000280);
	assert_int_equal(rd(F4A + PUPDR), 0x64000000);
	assert_int_equal(rd(F4B + PUPDR), 0x00000100);
	/* SWDIO, JTDI, JNTRST have pull-ups */
	assert_int_equal(rd(F4A + IDR), 0xa000);
	assert_int_equal(rd(F4B + IDR), 0x0010);
}

static void f4_gate_off_ignores_and_reads_zero(void **state)
{
	(void)state;
	gate_on = false;
	wr(F4A + MODER, 0x55555555);
	assert_int_equal(rd(F4A + MODER), 0);
	gate_on = true;
	assert_int_equal(rd(F4A + MODER), 0xa8000000);
}

static void f4_output_drives_and_bsrr_set_wins(void **state)
{
	(void)state;
	wr(F4A + MODER, 0xa8000000 | 1 << 8 | 1 << 10);
	wr(F4A + BSRR, 0x00300030);
	assert_int_equal(rd(F4A + ODR), 0x30);
	assert_int_equal(level("PA4"), SIM_H);
	wr(F4A + BSRR, 0x00100000);
	assert_int_equal(level("PA4"), SIM_L);
	assert_int_equal(level("PA5"), SIM_H);
	assert_int_equal(rd(F4A + IDR) & 0x30, 0x20);
	wr(F4A + BSRR, 1 << 6);
	assert_int_equal(level("PA6"), SIM_L);
}

static void f4_input_register_is_two_cycles_late(void **state)
{
	struct sim_device *port = device_at(F4A);
	uint32_t value;

	(void)state;
	wr(F4A + MODER, 0xa8000000 | 1 << 8);
	now_ps += 10 * CYCLE_PS;
	wr(F4A + BSRR, 1 << 4);
	now_ps += CYCLE_PS;
	port->read(port->ctx, IDR, 4, &value);
	assert_int_equal(value & 0x10, 0);
	now_ps += CYCLE_PS;
	port->read(port->ctx, IDR, 4, &value);
	assert_int_equal(value & 0x10, 0x10);
}

static void f4_narrow_accesses(void **state)
{
	(void)state;
	wr(F4A + MODER, 0xa8000000 | 0x5500);
	write_width(F4A + BSRR, 2, 0x00f0);
	assert_int_equal(rd(F4A + ODR), 0xf0);
	write_width(F4A + BSRR + 2, 2, 0x0030);
	assert_int_equal(rd(F4A + ODR), 0xc0);
	write_width(F4A + ODR, 1, 0x10);
	write_width(F4A + ODR + 1, 1, 0x02);
	assert_int_equal(rd(F4A + ODR), 0x0210);
	assert_int_equal(read_width(F4A + ODR + 1, 1), 0x02);
	assert_int_equal(read_width(F4A + MODER + 2, 2), 0xa800);
	assert_int_equal(sim_sin_count(NULL), 0);
}

static void f4_open_drain_alternate_analog_pull(void **state)
{
	(void)state;
	wr(F4A + PUPDR, 0x64000000 | 1 << 8);
	wr(F4A + OTYPER, 1 << 4);
	wr(F4A + MODER, 0xa8000000 | 1 << 8);
	wr(F4A + BSRR, 1 << 4);
	assert_int_equal(level("PA4"), SIM_H);
	assert_int_equal(rd(F4A + IDR) & 0x10, 0x10);
	wr(F4A + BSRR, 1 << 20);
	assert_int_equal(rd(F4A + IDR) & 0x10, 0);
	/* in alternate function the output register has no say */
	wr(F4A + MODER, 0xa8000000 | 2 << 8);
	assert_int_equal(rd(F4A + IDR) & 0x10, 0x10);
	/* an analog pin has no input stage */
	wr(F4A + MODER, 0xa8000000 | 3 << 8);
	assert_int_equal(rd(F4A + IDR) & 0x10, 0);
}

static void f4_lock_sequence_freezes_the_mode(void **state)
{
	(void)state;
	wr(F4A + LCKR, 0x10010);
	wr(F4A + LCKR, 0x00010);
	assert_int_equal(rd(F4A + LCKR), 0x00010);
	wr(F4A + LCKR, 0x10010);
	assert_int_equal(rd(F4A + LCKR), 0x10010);
	wr(F4A + MODER, 0xa8000000 | 1 << 8 | 1 << 10);
	assert_int_equal(rd(F4A + MODER), 0xa8000000 | 1 << 10);
	device_at(F4A)->reset(device_at(F4A)->ctx);
	wr(F4A + MODER, 0xa8000000 | 1 << 8);
	assert_int_equal(rd(F4A + MODER), 0xa8000000 | 1 << 8);
}

static void f4_wrong_lock_key_does_not_lock(void **state)
{
	(void)state;
	wr(F4A + LCKR, 0x10010);
	wr(F4A + LCKR, 0x00030);
	wr(F4A + LCKR, 0x10010);
	assert_int_equal(rd(F4A + LCKR) & 0x10000, 0);
}

static void f4_output_against_output_is_contention(void **state)
{
	struct sim_driver *other = sim_net_attach(sim_net_get("PA4"), "other");

	(void)state;
	sim_net_drive(other, SIM_L, 0);
	assert_int_equal(sim_sin_count(NULL), 0);
	wr(F4A + MODER, 0xa8000000 | 1 << 8);
	assert_int_equal(sim_sin_count("contention"), 1);
	wr(F4A + BSRR, 1 << 4);
	assert_int_equal(sim_sin_count("contention"), 1);
}

static void f4_debug_pin_made_output_is_a_sin(void **state)
{
	(void)state;
	wr(F4A + MODER, 0x64000000);
	assert_int_equal(sim_sin_count("debug_pin_lost"), 1);
}

/** F4 has no such pins; its row with some for the test. */
static int f4_with_supply(void **state)
{
	json_t *row = row_of("stm32f4");
	json_t *port = json_array_get(json_object_get(row, "ports"), 0);

	(void)state;
	json_object_set_new(port, "supply", json_pack("{s:s,s:i,s:s}",
		"addr", "0x40007004", "bit", 9, "pins", "0x0010"));
	return create(row);
}

static void f4_pins_without_supply_are_cut_off(void **state)
{
	(void)state;
	wr(F4A + PUPDR, 0x64000000 | 1 << 8 | 1 << 12);
	wr(F4A + MODER, 0xa8000000 | 1 << 10);
	assert_int_equal(rd(F4A + IDR) & 0x50, 0x40);
	wr(F4A + MODER, 0xa8000000 | 1 << 8 | 1 << 10);
	wr(F4A + BSRR, 0x30);
	assert_int_equal(rd(F4A + ODR), 0x30);
	assert_false(sim_net_is_driven(sim_net_get("PA4")));
	assert_int_equal(level("PA5"), SIM_H);

	supply_on = true;
	gates_changed();
	assert_int_equal(level("PA4"), SIM_H);
	assert_int_equal(rd(F4A + IDR) & 0x30, 0x30);
	supply_on = false;
	gates_changed();
	assert_false(sim_net_is_driven(sim_net_get("PA4")));
}

/* ---- STM32F1 -------------------------------------------------------------- */

#define F1A 0x40010800
#define CRL 0x00
#define F1_ODR 0x0c
#define F1_IDR 0x08
#define F1_BSRR 0x10
#define F1_BRR 0x14

static int f1(void **state)
{
	(void)state;
	return load("stm32f1");
}

static void f1_modes_and_pull_by_output_register(void **state)
{
	(void)state;
	assert_int_equal(rd(F1A + CRL), 0x44444444);
	wr(F1A + CRL, 0x44438444);
	wr(F1A + F1_BSRR, 1 << 4 | 1 << 3);
	assert_int_equal(level("PA4"), SIM_H);
	assert_int_equal(level("PA3"), SIM_H);
	wr(F1A + F1_BRR, 1 << 4 | 1 << 3);
	assert_int_equal(level("PA4"), SIM_L);
	assert_int_equal(level("PA3"), SIM_L);
	wr(F1A + CRL, 0x44470444);
	wr(F1A + F1_BSRR, 1 << 4);
	assert_int_equal(rd(F1A + F1_ODR), 1 << 4);
}

static void f1_narrow_write_is_a_sin_and_fills_all_lanes(void **state)
{
	(void)state;
	write_width(F1A + F1_ODR, 2, 0x0012);
	assert_int_equal(rd(F1A + F1_ODR), 0x0012);
	assert_int_equal(sim_sin_count("gpio_access_width"), 1);
	write_width(F1A + CRL, 1, 0x33);
	assert_int_equal(rd(F1A + CRL), 0x33333333);
	assert_int_equal(sim_sin_count("gpio_access_width"), 2);
}

#define F1B 0x40010c00
#define AFIO_MAPR 0x40010004

static void f1_jtag_pins_are_not_gpio_before_swj_cfg(void **state)
{
	(void)state;
	wr(F1B + CRL, 0x44433444);
	wr(F1B + F1_BSRR, 1 << 3 | 1 << (16 + 4));
	assert_int_equal(level("PB3"), SIM_L);
	assert_int_equal(level("PB4"), SIM_H);
	wr(AFIO_MAPR, 2 << 24);
	assert_int_equal(level("PB3"), SIM_H);
	assert_int_equal(level("PB4"), SIM_L);
	assert_int_equal(sim_sin_count(NULL), 0);
}

static void f1_swj_cfg_read_back_and_written_loses_the_debug_port(void **state)
{
	(void)state;
	wr(AFIO_MAPR, rd(AFIO_MAPR) | 1);
	assert_int_equal(sim_sin_count("debug_pin_lost"), 2);
}

/* ---- STM32G0 -------------------------------------------------------------- */

#define G0A 0x50000000

static int g0(void **state)
{
	(void)state;
	return load("stm32g0");
}

static void g0_reset_is_analog_and_brr_clears(void **state)
{
	(void)state;
	assert_int_equal(rd(G0A + MODER), 0xebffffff);
	wr(G0A + MODER, 0xebfffdff);
	wr(G0A + BSRR, 1 << 4);
	assert_int_equal(level("PA4"), SIM_H);
	wr(G0A + 0x28, 1 << 4);
	assert_int_equal(level("PA4"), SIM_L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(f4_reset_values_as_in_the_manual, f4),
		cmocka_unit_test_setup(f4_gate_off_ignores_and_reads_zero, f4),
		cmocka_unit_test_setup(f4_output_drives_and_bsrr_set_wins, f4),
		cmocka_unit_test_setup(f4_input_register_is_two_cycles_late, f4),
		cmocka_unit_test_setup(f4_narrow_accesses, f4),
		cmocka_unit_test_setup(f4_open_drain_alternate_analog_pull, f4),
		cmocka_unit_test_setup(f4_lock_sequence_freezes_the_mode, f4),
		cmocka_unit_test_setup(f4_wrong_lock_key_does_not_lock, f4),
		cmocka_unit_test_setup(f4_output_against_output_is_contention, f4),
		cmocka_unit_test_setup(f4_pins_without_supply_are_cut_off, f4_with_supply),
		cmocka_unit_test_setup(f1_modes_and_pull_by_output_register, f1),
		cmocka_unit_test_setup(f1_narrow_write_is_a_sin_and_fills_all_lanes, f1),
		cmocka_unit_test_setup(f1_jtag_pins_are_not_gpio_before_swj_cfg, f1),
		cmocka_unit_test_setup(f1_swj_cfg_read_back_and_written_loses_the_debug_port, f1),
		cmocka_unit_test_setup(f4_debug_pin_made_output_is_a_sin, f4),
		cmocka_unit_test_setup(g0_reset_is_analog_and_brr_clears, g0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
