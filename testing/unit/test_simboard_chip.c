// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The board's memory chip on raw pins: right sequences commit no sin, and each
 * sin, committed on purpose, is counted as exactly that one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim_clock.h"
#include "../simboard/spinor.h"

#define NS 1000ULL
#define US 1000000ULL
#define HALF_CLOCK (50 * NS)

/* ---- the test is the bus ------------------------------------------------- */

bool sim_clock_gate_on(uint32_t addr, unsigned int bit)
{
	(void)addr;
	(void)bit;
	return true;
}

void sim_gates_watch(void (*changed)(void))
{
	(void)changed;
}

void sim_bus_add(struct sim_device *device)
{
	(void)device;
}

/* ---- the test is the host ------------------------------------------------- */

/** The pins of one chip and how the host drives them. */
struct host {
	struct sim_driver *cs, *clk, *io[4];
	struct sim_net *io_net[4];
	struct spinor *chip;
	uint64_t half_clock_ps;
	unsigned int read_lines;
	bool mode3;
	bool sample;            /* look at the output as a host does */
	uint64_t sample_after_ps; /* the clock has fallen */
};

static struct host host;

#ifndef TOP_SRCDIR
#define TOP_SRCDIR "."
#endif

static void wait_ps(uint64_t ps)
{
	now_ps += ps;
}

static void drive(struct sim_driver *driver, bool high)
{
	sim_net_drive(driver, high ? SIM_H : SIM_L, 0);
}

static void host_create(const char *spec, const char *name)
{
	static const char *const io_pins[] = { "PA2", "PA3", "PA4", "PA5" };
	json_t *row = sim_chip_load(TOP_SRCDIR "/testing/simboard/data", spec);

	sim_chips_clear();
	sim_nets_clear();
	assert_non_null(row);
	assert_int_equal(sim_chip_create(row, name,
		"cs=PA0,clk=PA1,mosi=PA2,miso=PA3,io2=PA4,io3=PA5", NULL), 0);
	json_decref(row);

	memset(&host, 0, sizeof(host));
	host.chip = spinor_by_index(0);
	host.cs = sim_net_attach(sim_net_get("PA0"), "mcu");
	host.clk = sim_net_attach(sim_net_get("PA1"), "mcu");
	for (unsigned int i = 0; i < 4; i++) {
		host.io_net[i] = sim_net_get(io_pins[i]);
		host.io[i] = sim_net_attach(host.io_net[i], "mcu");
	}
	host.half_clock_ps = HALF_CLOCK;
	host.sample = true;
	host.read_lines = 1;
	drive(host.cs, true);
	drive(host.clk, false);
	drive(host.io[0], false);
	wait_ps(1 * US);
}

static void cs_low(void)
{
	drive(host.clk, host.mode3);
	wait_ps(100 * NS);
	drive(host.cs, false);
	wait_ps(100 * NS);
}

static void cs_high(void)
{
	wait_ps(100 * NS);
	drive(host.cs, true);
	wait_ps(200 * NS);
}

/** One clock; the chip takes @a bits from as many lines. */
static void clock_out(unsigned int lines, unsigned int bits)
{
	if (host.mode3)
		drive(host.clk, false);
	for (unsigned int i = 0; i < lines; i++)
		drive(host.io[i], bits >> i & 1);
	wait_ps(host.half_clock_ps);
	drive(host.clk, true);
	wait_ps(host.half_clock_ps);
	if (!host.mode3)
		drive(host.clk, false);
}

static void send_lines(unsigned int lines, uint32_t value, unsigned int bits)
{
	while (bits) {
		bits -= lines;
		clock_out(lines, value >> bits);
	}
}

static void send(uint8_t byte)
{
	send_lines(1, byte, 8);
}

static void send_address(uint32_t address)
{
	send_lines(1, address, 24);
}

static unsigned int sample_lines(unsigned int lines)
{
	unsigned int first = lines == 1 ? 1 : 0, bits = 0;

	for (unsigned int i = 0; i < lines; i++) {
		sim_net_sampled(host.io_net[first + i], now_ps);
		bits |= (sim_net_level(host.io_net[first + i], now_ps, NULL) == SIM_H) << i;
	}
	return bits;
}

static unsigned int clock_in(unsigned int lines)
{
	unsigned int bits = 0;

	if (host.mode3)
		drive(host.clk, false);
	if (host.sample_after_ps) {
		wait_ps(host.sample_after_ps);
		bits = sample_lines(lines);
		wait_ps(host.half_clock_ps - host.sample_after_ps);
	} else {
		wait_ps(host.half_clock_ps);
	}
	drive(host.clk, true);
	wait_ps(host.half_clock_ps);
	if (host.sample && !host.sample_after_ps)
		bits = sample_lines(lines);
	if (!host.mode3)
		drive(host.clk, false);
	return bits;
}

static uint8_t receive_lines(unsigned int lines)
{
	unsigned int value = 0;

	for (unsigned int i = 0; i < lines; i++)
		sim_net_drive(host.io[lines == 1 ? 1 : i], SIM_Z, 0);
	for (unsigned int bits = 0; bits < 8; bits += lines)
		value = value << lines | clock_in(lines);
	return value;
}

static uint8_t receive(void)
{
	return receive_lines(1);
}

static void command(uint8_t opcode)
{
	cs_low();
	send(opcode);
	cs_high();
}

static uint8_t read_status(uint8_t opcode)
{
	uint8_t status;

	cs_low();
	send(opcode);
	status = receive();
	cs_high();
	return status;
}

static void wait_ready(void)
{
	unsigned int polls = 0;

	while (read_status(0x05) & 1) {
		wait_ps(50 * US);
		assert_true(++polls < 10000000);
	}
}

static void read_id(uint8_t *id, unsigned int bytes)
{
	cs_low();
	send(0x9f);
	for (unsigned int i = 0; i < bytes; i++)
		id[i] = receive();
	cs_high();
}

static void read_memory(uint32_t address, uint8_t *data, unsigned int bytes)
{
	cs_low();
	send(0x03);
	send_address(address);
	for (unsigned int i = 0; i < bytes; i++)
		data[i] = receive();
	cs_high();
}

static void program_raw(uint32_t address, const uint8_t *data, unsigned int bytes)
{
	cs_low();
	send(0x02);
	send_address(address);
	for (unsigned int i = 0; i < bytes; i++)
		send(data[i]);
	cs_high();
}

static void program(uint32_t address, const uint8_t *data, unsigned int bytes)
{
	command(0x06);
	program_raw(address, data, bytes);
	wait_ready();
}

static void erase_4k(uint32_t address)
{
	command(0x06);
	cs_low();
	send(0x20);
	send_address(address);
	cs_high();
	wait_ready();
}

/** A fresh chip that has answered its ID. */
static void fresh(const char *spec)
{
	uint8_t id[3];

	sim_faults_clear();
	host_create(spec, spec);
	read_id(id, 3);
	sim_sins_clear();
}

#define PART "W25Q64JV-Q:tCE=5000"

static void expect_only(const char *kind)
{
	if (sim_sin_count(kind) != 1 || sim_sin_count(NULL) != 1)
		print_error("wanted one %s, have %u of %u\n", kind, sim_sin_count(kind),
			sim_sin_count(NULL));
	assert_int_equal(sim_sin_count(kind), 1);
	assert_int_equal(sim_sin_count(NULL), 1);
}

static void expect_none(void)
{
	assert_int_equal(sim_sin_count(NULL), 0);
}

/* ---- right sequences ------------------------------------------------------ */

static void chip_id_and_sfdp_read_as_in_the_row(void **state)
{
	uint8_t id[6], signature[4];

	(void)state;
	fresh(PART);
	read_id(id, 6);
	assert_memory_equal(id, "\xef\x40\x17\xef\x40\x17", 6);
	cs_low();
	send(0x5a);
	send_address(0);
	send(0);
	for (unsigned int i = 0; i < 4; i++)
		signature[i] = receive();
	cs_high();
	assert_memory_equal(signature, "SFDP", 4);
	expect_none();
}

static void round_trip(void)
{
	uint8_t data[256], back[256];

	for (unsigned int i = 0; i < 256; i++)
		data[i] = i * 7 + 3;
	erase_4k(0x1000);
	program(0x1000, data, 256);
	program(0x1100, data, 3);
	read_memory(0x1000, back, 256);
	assert_memory_equal(back, data, 256);
	read_memory(0x10ff, back, 5);
	assert_int_equal(back[0], data[255]);
	assert_memory_equal(back + 1, data, 3);
	assert_int_equal(back[4], 0xff);
	erase_4k(0x1000);
	read_memory(0x1100, back, 4);
	assert_memory_equal(back, "\xff\xff\xff\xff", 4);
	expect_none();
}

static void chip_erase_program_read_mode_0_no_sin(void **state)
{
	(void)state;
	fresh(PART);
	round_trip();
}

static void chip_erase_program_read_mode_3_no_sin(void **state)
{
	(void)state;
	fresh(PART);
	host.mode3 = true;
	round_trip();
}

static void chip_busy_for_its_time_and_wel_clears(void **state)
{
	uint64_t start_ps;

	(void)state;
	fresh(PART);
	command(0x06);
	assert_int_equal(read_status(0x05), 0x02);
	program_raw(0, (const uint8_t *)"x", 1);
	start_ps = now_ps;
	assert_int_equal(read_status(0x05), 0x03);
	wait_ready();
	assert_true(now_ps - start_ps > 399 * US && now_ps - start_ps < 460 * US);
	assert_int_equal(read_status(0x05), 0x00);
	expect_none();
}

static void chip_quad_and_dual_reads_give_the_same_bytes(void **state)
{
	const uint8_t data[] = { 0x12, 0xed, 0x80, 0x01 };

	(void)state;
	fresh(PART);
	program(0x200, data, 4);
	cs_low();
	send(0x3b);
	send_address(0x200);
	sim_net_drive(host.io[0], SIM_Z, 0);
	for (unsigned int i = 0; i < 8; i++)
		clock_out(0, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(receive_lines(2), data[i]);
	cs_high();
	cs_low();
	send(0xeb);
	send_lines(4, 0x200, 24);
	send_lines(4, 0xff, 8);
	for (unsigned int i = 0; i < 4; i++)
		sim_net_drive(host.io[i], SIM_Z, 0);
	for (unsigned int i = 0; i < 4; i++)
		clock_out(0, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(receive_lines(4), data[i]);
	cs_high();
	expect_none();
}

static void chip_nothing_happens_before_cs_rises(void **state)
{
	(void)state;
	fresh(PART);
	command(0x06);
	cs_low();
	send(0x02);
	send_address(0);
	send(0);
	wait_ps(10000 * US);
	assert_int_equal(host.chip->memory[0], 0xff);
	assert_false(spinor_busy(host.chip));
	cs_high();
	assert_true(spinor_busy(host.chip));
	wait_ready();
	assert_int_equal(host.chip->memory[0], 0);
	expect_none();
}

static void chip_wake_up_sequence_is_exempt_before_the_first_id(void **state)
{
	uint8_t id[3];

	(void)state;
	sim_faults_clear();
	sim_sins_clear();
	host_create(PART, "wake");
	host.chip->power_down = true;
	command(0xff);
	command(0xf5);
	command(0xab);
	wait_ps(10 * US);
	command(0x66);
	command(0x99);
	wait_ps(100 * US);
	read_id(id, 3);
	assert_memory_equal(id, "\xef\x40\x17", 3);
	expect_none();
}

/** Only the upper nibble means something: the lines are free before the clock
 * falls for the last time. */
static void send_mode_bits(uint8_t mode)
{
	send_lines(2, mode >> 4, 4);
	sim_net_drive(host.io[0], SIM_Z, 0);
	sim_net_drive(host.io[1], SIM_Z, 0);
	clock_out(0, 0);
	clock_out(0, 0);
}

static void chip_continuous_read_and_its_end(void **state)
{
	const uint8_t data[] = { 0xa5, 0x5a };

	(void)state;
	fresh(PART);
	program(0x300, data, 2);
	cs_low();
	send(0xbb);
	send_lines(2, 0x300, 24);
	send_mode_bits(0x20);
	assert_int_equal(receive_lines(2), 0xa5);
	cs_high();
	cs_low();
	send_lines(2, 0x301, 24);
	send_mode_bits(0xff);
	assert_int_equal(receive_lines(2), 0x5a);
	cs_high();
	assert_int_equal(read_status(0x05), 0);
	expect_none();
}

static void chip_protected_range_refuses_and_reads_back(void **state)
{
	(void)state;
	fresh(PART);
	command(0x06);
	cs_low();
	send(0x01);
	send(0x1c);
	cs_high();
	wait_ready();
	assert_int_equal(read_status(0x05), 0x1c);
	program(0x10, (const uint8_t *)"\0", 1);
	assert_int_equal(host.chip->memory[0x10], 0xff);
	assert_int_equal(host.chip->refused_writes, 1);
	expect_none();
}

/* ---- locks of single blocks ------------------------------------------------ */

static void command_at(uint8_t opcode, uint32_t address)
{
	command(0x06);
	cs_low();
	send(opcode);
	send_address(address);
	cs_high();
}

static uint8_t read_lock(uint8_t opcode, uint32_t address)
{
	uint8_t lock;

	cs_low();
	send(opcode);
	send_address(address);
	lock = receive();
	cs_high();
	return lock;
}

static void write_status(uint8_t value)
{
	command(0x06);
	cs_low();
	send(0x01);
	send(value);
	cs_high();
	wait_ready();
}

static void expect_program(uint32_t address, bool works)
{
	host.chip->memory[address] = 0xff;
	program(address, (const uint8_t *)"\x12", 1);
	assert_int_equal(host.chip->memory[address], works ? 0x12 : 0xff);
}

static void w25q_locks_count_only_where_wps_is_set(void **state)
{
	(void)state;
	fresh(PART);
	assert_int_equal(spinor_locks_count(host.chip), 158);
	assert_int_equal(read_lock(0x3d, 0x1000), 1);
	expect_program(0x1000, true);
	command(0x06);
	cs_low();
	send(0x11);
	send(0x64);
	cs_high();
	wait_ready();
	expect_program(0x1000, false);
	command_at(0x39, 0x1fff);
	assert_int_equal(read_lock(0x3d, 0x1000), 0);
	expect_program(0x1000, true);
	expect_program(0x2000, false);
	command(0x06);
	command(0x98);
	assert_int_equal(spinor_locks_count(host.chip), 0);
	// BP bits do not count now
	write_status(0x1c);
	expect_program(0x2000, true);
	command_at(0x36, 0x7f0fff);
	command(0x06);
	command(0xc7);
	wait_ready();
	assert_int_equal(host.chip->memory[0x2000], 0x12);
	command(0x06);
	command(0x7e);
	assert_int_equal(spinor_locks_count(host.chip), 158);
	expect_none();
}

static void at25df_is_locked_until_its_status_says_unlock(void **state)
{
	(void)state;
	fresh("AT25DF321A");
	assert_int_equal(read_status(0x05), 0x1c);
	assert_int_equal(read_lock(0x3c, 0x3fffff), 0xff);
	expect_program(0x1000, false);
	command_at(0x39, 0x010000);
	assert_int_equal(read_lock(0x3c, 0x01ffff), 0);
	assert_int_equal(read_status(0x05), 0x14);
	// neither all ones nor all zeros in bits 5:2
	write_status(0x04);
	assert_int_equal(spinor_locks_count(host.chip), 63);
	write_status(0x00);
	assert_int_equal(read_status(0x05), 0x10);
	expect_program(0x1000, true);
	// SPRL is set together with all locks, and then only it can be changed
	write_status(0xbc);
	command_at(0x39, 0);
	write_status(0x00);
	assert_int_equal(spinor_locks_count(host.chip), 64);
	write_status(0x00);
	assert_int_equal(spinor_locks_count(host.chip), 0);
	expect_none();
}

static void read_lock_register(uint8_t *bits, unsigned int bytes)
{
	cs_low();
	send(0x72);
	for (unsigned int i = 0; i < bytes; i++)
		bits[i] = receive();
	cs_high();
}

static void sst26_lock_register_has_its_bits_in_place(void **state)
{
	static const uint8_t power_up[18] = {
		0x55, 0x55, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	uint8_t bits[18];

	(void)state;
	fresh("SST26VF064B");
	read_lock_register(bits, 18);
	assert_memory_equal(bits, power_up, 18);
	expect_program(0, false);
	// all but the second 8 KiB, the upper 32 KiB and the second 64 KiB
	bits[1] &= ~0x04;
	bits[2] &= ~0x80;
	bits[17] &= ~0x01;
	command(0x06);
	cs_low();
	send(0x42);
	for (unsigned int i = 0; i < 18; i++)
		send(bits[i]);
	cs_high();
	expect_program(0x1fff, false);
	expect_program(0x2000, true);
	expect_program(0x4000, false);
	expect_program(0x7f0000, true);
	expect_program(0x7f8000, false);
	expect_program(0x8000, false);
	expect_program(0x1ffff, true);
	expect_program(0x20000, false);
	command(0x06);
	command(0x98);
	expect_program(0x7fffff, true);
	expect_none();
}

static void sst26_lock_register_takes_all_bytes_or_none(void **state)
{
	(void)state;
	fresh("SST26VF016B");
	command(0x06);
	cs_low();
	send(0x42);
	for (unsigned int i = 0; i < 5; i++)
		send(0);
	cs_high();
	assert_int_equal(spinor_locks_count(host.chip), 40);
	expect_only("short_command");
}

static void chip_suspended_erase_lets_read_and_goes_on(void **state)
{
	uint8_t byte;

	(void)state;
	fresh(PART);
	host.chip->memory[0] = 0x11;
	host.chip->memory[0x10000] = 0x22;
	command(0x06);
	cs_low();
	send(0x20);
	send_address(0);
	cs_high();
	wait_ps(1000 * US);
	command(0x75);
	wait_ready();
	assert_int_equal(read_status(0x35), 0x82);
	read_memory(0x10000, &byte, 1);
	assert_int_equal(byte, 0x22);
	assert_int_equal(host.chip->memory[0], 0x11);
	command(0x7a);
	assert_int_equal(read_status(0x05) & 1, 1);
	wait_ready();
	assert_int_equal(host.chip->memory[0], 0xff);
	expect_none();
}

/* ---- other parts ---------------------------------------------------------- */

static void chip_each_row_answers_its_id_and_sfdp(void **state)
{
	static const struct {
		const char *part;
		uint8_t id[3];
	} parts[] = {
		{ "W25Q64JV-Q", { 0xef, 0x40, 0x17 } }, { "W25Q128JV-Q", { 0xef, 0x40, 0x18 } },
		{ "MX25L12845G", { 0xc2, 0x20, 0x18 } }, { "MT25QL256ABA", { 0x20, 0xba, 0x19 } },
		{ "GD25Q32C", { 0xc8, 0x40, 0x16 } }, { "MX25R6435F", { 0xc2, 0x28, 0x17 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint8_t id[3];

		fresh(parts[i].part);
		read_id(id, 3);
		assert_memory_equal(id, parts[i].id, 3);
		assert_memory_equal(host.chip->part.sfdp, "SFDP", 4);
		round_trip();
	}
}

static void program_4_byte(uint8_t opcode, uint32_t address, uint8_t data)
{
	command(0x06);
	cs_low();
	send(opcode);
	send_lines(1, address, 32);
	send(data);
	cs_high();
	wait_ready();
}

static void mt25q_four_byte_opcodes_mode_and_extended_address(void **state)
{
	uint8_t byte;

	(void)state;
	fresh("MT25QL256ABA");
	program_4_byte(0x12, 0x01000010, 0x51);
	assert_int_equal(host.chip->memory[0x01000010], 0x51);
	command(0x06);
	command(0xb7);
	assert_int_equal(read_status(0x70), 0x81);
	program_4_byte(0x02, 0x01000011, 0x52);
	assert_int_equal(host.chip->memory[0x01000011], 0x52);
	command(0x06);
	command(0xe9);
	read_memory(0x10, &byte, 1);
	assert_int_equal(byte, 0xff);
	command(0x06);
	cs_low();
	send(0xc5);
	send(1);
	cs_high();
	read_memory(0x10, &byte, 1);
	assert_int_equal(byte, 0x51);
	expect_none();
}

static void send_qpi(uint8_t byte)
{
	send_lines(4, byte, 8);
}

/** An opcode with data behind it: the lines are let go of while the clock is
 * high for the last time, since the chip takes them as it falls. */
static void send_qpi_and_turn(uint8_t byte)
{
	send_lines(4, byte >> 4, 4);
	for (unsigned int i = 0; i < 4; i++)
		drive(host.io[i], byte >> i & 1);
	wait_ps(HALF_CLOCK);
	drive(host.clk, true);
	wait_ps(HALF_CLOCK);
	for (unsigned int i = 0; i < 4; i++)
		sim_net_drive(host.io[i], SIM_Z, 0);
	drive(host.clk, false);
}

static void mt25q_qpi_in_and_out(void **state)
{
	uint8_t id[3];

	(void)state;
	fresh("MT25QL256ABA");
	command(0x35);
	cs_low();
	send_qpi_and_turn(0xaf);
	for (unsigned int i = 0; i < 3; i++)
		id[i] = receive_lines(4);
	cs_high();
	assert_memory_equal(id, "\x20\xba\x19", 3);
	cs_low();
	send_qpi(0xf5);
	for (unsigned int i = 1; i < 4; i++)
		sim_net_drive(host.io[i], SIM_Z, 0);
	cs_high();
	read_id(id, 3);
	assert_memory_equal(id, "\x20\xba\x19", 3);
	expect_none();
}

/** The ID on two lines, while the dual protocol is on. */
static void read_id_in_dpi(uint8_t *id, unsigned int bytes)
{
	cs_low();
	send_lines(2, 0xaf >> 2, 6);
	for (unsigned int i = 0; i < 2; i++)
		drive(host.io[i], 0xaf >> i & 1);
	wait_ps(HALF_CLOCK);
	drive(host.clk, true);
	wait_ps(HALF_CLOCK);
	for (unsigned int i = 0; i < 2; i++)
		sim_net_drive(host.io[i], SIM_Z, 0);
	drive(host.clk, false);
	for (unsigned int i = 0; i < bytes; i++)
		id[i] = receive_lines(2);
	cs_high();
}

static void enter_dpi(void)
{
	static const uint8_t on[] = { 0x61, 0x9f };

	command(0x06);
	cs_low();
	for (unsigned int i = 0; i < sizeof(on); i++)
		send(on[i]);
	cs_high();
}

static void n25q_register_turns_dpi_on_and_off(void **state)
{
	uint8_t id[3];

	(void)state;
	fresh("N25Q128A13");
	enter_dpi();
	read_id_in_dpi(id, 3);
	assert_memory_equal(id, "\x20\xba\x18", 3);
	cs_low();
	send_lines(2, 0x06, 8);
	cs_high();
	cs_low();
	send_lines(2, 0x61, 8);
	send_lines(2, 0xdf, 8);
	sim_net_drive(host.io[1], SIM_Z, 0);
	cs_high();
	read_id(id, 3);
	assert_memory_equal(id, "\x20\xba\x18", 3);
	expect_none();
}

static void n25q_eight_ones_end_dpi(void **state)
{
	uint8_t id[3];

	(void)state;
	fresh("N25Q128A13");
	enter_dpi();
	drive(host.io[1], true);
	drive(host.io[3], true);
	command(0xff);
	sim_net_drive(host.io[1], SIM_Z, 0);
	sim_net_drive(host.io[3], SIM_Z, 0);
	read_id(id, 3);
	assert_memory_equal(id, "\x20\xba\x18", 3);
	expect_none();
}

static void n25q_plain_command_in_dpi_is_a_sin(void **state)
{
	(void)state;
	fresh("N25Q128A13");
	enter_dpi();
	drive(host.io[1], true);
	command(0x05);
	expect_only("unknown_opcode");
}

static void gd25_hold_low_stops_the_clock(void **state)
{
	uint8_t byte;

	(void)state;
	fresh("GD25Q32C");
	host.chip->memory[0] = 0x5a;
	cs_low();
	send(0x03);
	drive(host.io[3], false);
	for (unsigned int i = 0; i < 5; i++) {
		wait_ps(HALF_CLOCK);
		drive(host.clk, true);
		wait_ps(HALF_CLOCK);
		drive(host.clk, false);
	}
	drive(host.io[3], true);
	send_address(0);
	byte = receive();
	cs_high();
	sim_net_drive(host.io[3], SIM_Z, 0);
	assert_int_equal(byte, 0x5a);
	expect_none();
}

static void chip_two_on_one_bus_keep_apart(void **state)
{
	json_t *row = sim_chip_load(TOP_SRCDIR "/testing/simboard/data", "GD25Q32C");
	struct sim_driver *first_cs;
	uint8_t id[3];

	(void)state;
	fresh(PART);
	assert_int_equal(sim_chip_create(row, "second", "cs=PB0,clk=PA1,mosi=PA2,miso=PA3", NULL), 0);
	json_decref(row);
	first_cs = host.cs;
	host.cs = sim_net_attach(sim_net_get("PB0"), "mcu");
	drive(host.cs, true);
	read_id(id, 3);
	assert_memory_equal(id, "\xc8\x40\x16", 3);
	host.cs = first_cs;
	read_id(id, 3);
	assert_memory_equal(id, "\xef\x40\x17", 3);
	expect_none();
}

static void chip_volatile_register_write_does_not_last(void **state)
{
	(void)state;
	fresh(PART);
	command(0x50);
	cs_low();
	send(0x01);
	send(0x1c);
	cs_high();
	assert_int_equal(read_status(0x05), 0x1c);
	command(0x66);
	command(0x99);
	wait_ps(50 * US);
	assert_int_equal(read_status(0x05), 0);
	expect_none();
}

static void chip_reset_without_enable_does_nothing(void **state)
{
	(void)state;
	fresh(PART);
	command(0x06);
	command(0x66);
	command(0x05);
	command(0x99);
	assert_int_equal(read_status(0x05), 0x02);
}

/* ---- faults --------------------------------------------------------------- */

/** A fresh chip with one fault. */
static void faulty(const char *fault)
{
	uint8_t id[3];

	sim_faults_clear();
	assert_int_equal(sim_fault_add(fault), 0);
	host_create(PART, "faulty");
	read_id(id, 3);
	sim_sins_clear();
}

static void fault_stuck_wip_never_ends(void **state)
{
	(void)state;
	faulty("stuck_wip");
	command(0x06);
	program_raw(0, (const uint8_t *)"x", 1);
	wait_ps(1000000 * US);
	assert_int_equal(read_status(0x05), 3);
}

static void fault_wel_ignored(void **state)
{
	(void)state;
	faulty("wel_ignored");
	command(0x06);
	assert_int_equal(read_status(0x05), 0);
}

static void fault_program_and_erase_noop_take_time(void **state)
{
	(void)state;
	faulty("program_noop");
	command(0x06);
	program_raw(0, (const uint8_t *)"x", 1);
	assert_int_equal(read_status(0x05), 3);
	wait_ready();
	assert_int_equal(host.chip->memory[0], 0xff);
	faulty("erase_noop");
	host.chip->memory[0] = 0;
	erase_4k(0);
	assert_int_equal(host.chip->memory[0], 0);
}

static void fault_bit_errors_are_the_same_for_the_same_seed(void **state)
{
	uint8_t zeros[256] = { 0 }, first[256];
	unsigned int wrong = 0;

	(void)state;
	faulty("program_bit_error:seed=7,rate=0.01");
	program(0, zeros, 256);
	memcpy(first, host.chip->memory, 256);
	faulty("program_bit_error:seed=7,rate=0.01");
	program(0, zeros, 256);
	assert_memory_equal(first, host.chip->memory, 256);
	for (unsigned int i = 0; i < 256; i++)
		wrong += __builtin_popcount(first[i]);
	assert_in_range(wrong, 5, 50);
}

static void fault_id_and_sfdp(void **state)
{
	uint8_t id[3];

	(void)state;
	faulty("id_all_ff");
	read_id(id, 3);
	assert_memory_equal(id, "\xff\xff\xff", 3);
	faulty("sfdp_corrupt_at:offset=1");
	assert_int_equal(host.chip->part.sfdp[1], 'F' ^ 0xff);
}

static void fault_protected_range_refuses(void **state)
{
	(void)state;
	faulty("protected_range:addr=0x1000,size=0x100");
	program(0x10ff, (const uint8_t *)"\0", 1);
	program(0x1100, (const uint8_t *)"\0", 1);
	assert_int_equal(host.chip->memory[0x10ff], 0xff);
	assert_int_equal(host.chip->memory[0x1100], 0);
}

static void fault_miso_stuck_and_noisy(void **state)
{
	uint8_t id[3];

	(void)state;
	faulty("miso_stuck:level=0");
	read_id(id, 3);
	assert_memory_equal(id, "\0\0\0", 3);
	faulty("miso_noise:seed=3,rate=0.5");
	read_id(id, 3);
	assert_memory_not_equal(id, "\xef\x40\x17", 3);
}

static void fault_ignored_opcode_is_not_heard(void **state)
{
	(void)state;
	faulty("ignore_opcode:op=0x20");
	host.chip->memory[0] = 0;
	command(0x06);
	cs_low();
	send(0x20);
	send_address(0);
	cs_high();
	assert_int_equal(read_status(0x05), 2);
	expect_none();
}

static void fault_opcode_is_heard_so_often_and_then_ignored(void **state)
{
	(void)state;
	faulty("ignore_opcode:op=0x06,after=2");
	for (unsigned int i = 0; i < 4; i++) {
		command(0x06);
		assert_int_equal(read_status(0x05), i < 2 ? 2 : 0);
		command(0x04);
	}
	expect_none();
}

static void fault_power_lost_in_an_erase_leaves_half(void **state)
{
	char spec[64];

	(void)state;
	snprintf(spec, sizeof(spec), "lose_power_at:us=%llu",
		(unsigned long long)(now_ps / US + 20000));
	faulty(spec);
	memset(host.chip->memory, 0, 4096);
	command(0x06);
	cs_low();
	send(0x20);
	send_address(0);
	cs_high();
	wait_ps(30000 * US);
	assert_int_equal(read_status(0x05), 0);
	assert_int_equal(host.chip->memory[0], 0xff);
	assert_int_equal(host.chip->memory[4095], 0);
}

static void fault_flip_byte_at_start_and_at_disconnect(void **state)
{
	(void)state;
	faulty("flip_byte:addr=0x1234");
	assert_int_equal(host.chip->memory[0x1234], 0);
	faulty("flip_byte:addr=0x1234,at=disconnect");
	assert_int_equal(host.chip->memory[0x1234], 0xff);
	sim_chips_disconnect();
	assert_int_equal(host.chip->memory[0x1234], 0);
}

static void fault_unknown_names_and_keys_are_refused(void **state)
{
	(void)state;
	sim_faults_clear();
	assert_int_not_equal(sim_fault_add("no_such_fault"), 0);
	assert_int_not_equal(sim_fault_add("stuck_wip:addr=1"), 0);
	assert_int_not_equal(sim_fault_add("flip_byte"), 0);
	assert_int_not_equal(sim_fault_add("flip_byte:addr"), 0);
	assert_null(sim_fault_get("flip_byte"));
}

/* ---- rows ----------------------------------------------------------------- */

static void row_times_can_be_set_by_name(void **state)
{
	(void)state;
	fresh("W25Q64JV-Q:tPP=700,tSE=1");
	command(0x06);
	program_raw(0, (const uint8_t *)"x", 1);
	wait_ps(690 * US);
	assert_int_equal(read_status(0x05), 3);
	wait_ready();
	assert_null(sim_chip_load(TOP_SRCDIR "/testing/simboard/data", "W25Q64JV-Q:tXY=1"));
	assert_null(sim_chip_load(TOP_SRCDIR "/testing/simboard/data", "NoSuchChip"));
}

static void row_unknown_keys_are_refused(void **state)
{
	static const char *const pins = "cs=PX0,clk=PX1,mosi=PX2,miso=PX3";
	json_t *row;

	(void)state;
	row = sim_chip_load(TOP_SRCDIR "/testing/simboard/data", "W25Q64JV-Q");
	json_object_set_new(row, "page_byte", json_integer(256));
	assert_int_not_equal(sim_chip_create(row, "bad", pins, NULL), 0);
	json_object_del(row, "page_byte");
	json_object_set_new(json_array_get(json_object_get(row, "commands"), 0), "dumy_clocks",
		json_integer(8));
	assert_int_not_equal(sim_chip_create(row, "bad", pins, NULL), 0);
	json_decref(row);
	row = sim_chip_load(TOP_SRCDIR "/testing/simboard/data", "W25Q64JV-Q");
	assert_int_not_equal(sim_chip_create(row, "bad", "cs=PX0,clk=PX1,mosi=PX2", NULL), 0);
	assert_int_not_equal(sim_chip_create(row, "bad", "cs=PX0,clock=PX1", NULL), 0);
	json_decref(row);
}

/* ---- each sin on purpose -------------------------------------------------- */

static void sin_busy(void)
{
	uint8_t byte;

	command(0x06);
	program_raw(0, (const uint8_t *)"x", 1);
	read_memory(0, &byte, 1);
}

static void sin_no_wel(void)
{
	program_raw(0, (const uint8_t *)"x", 1);
}

static void sin_no_wel_erase(void)
{
	cs_low();
	send(0xd8);
	send_address(0);
	cs_high();
}

static void sin_no_wel_register(void)
{
	cs_low();
	send(0x01);
	send(0);
	cs_high();
}

static void sin_byte_boundary(void)
{
	command(0x06);
	cs_low();
	send(0x02);
	send_address(0);
	send_lines(1, 5, 3);
	cs_high();
}

static void sin_byte_boundary_in_opcode(void)
{
	cs_low();
	send_lines(1, 5, 7);
	cs_high();
}

static void sin_byte_boundary_in_status(void)
{
	cs_low();
	send(0x05);
	for (unsigned int i = 0; i < 7; i++)
		clock_in(1);
	cs_high();
}

static void sin_extra_bytes(void)
{
	command(0x06);
	cs_low();
	send(0x20);
	send_address(0);
	send(0);
	cs_high();
}

static void sin_short_command(void)
{
	cs_low();
	send(0x03);
	send(0);
	send(0);
	cs_high();
}

static void sin_cs_left_low(void)
{
	cs_low();
	send(0x06);
	sim_chips_disconnect();
}

static void sin_page_wrap(void)
{
	command(0x06);
	program_raw(0xff, (const uint8_t *)"xy", 2);
	wait_ready();
	assert_int_equal(host.chip->memory[0], 'y');
	assert_int_equal(host.chip->memory[0xff], 'x');
	assert_int_equal(host.chip->memory[0x100], 0xff);
}

static void sin_0_to_1(void)
{
	host.chip->memory[7] = 0xf0;
	program(7, (const uint8_t *)"\x3c", 1);
	assert_int_equal(host.chip->memory[7], 0x30);
}

static void sin_erase_unaligned(void)
{
	erase_4k(0x1004);
}

static void sin_erase_not_here(void)
{
	host.chip->part.num_regions = 1;
	host.chip->part.regions[0] = (struct spinor_region) {
		.size_bytes = host.chip->part.size_bytes, .erases = { { 0xd8, 65536 } },
		.num_erases = 1,
	};
	host.chip->memory[0] = 0;
	erase_4k(0);
	assert_int_equal(host.chip->memory[0], 0);
}

static void sin_unknown_opcode(void)
{
	command(0xd7);
}

static void sin_dummy_too_few(void)
{
	cs_low();
	send(0x0b);
	send_address(0);
	for (unsigned int i = 0; i < 7; i++)
		clock_out(1, 0);
	receive();
	cs_high();
}

static void sin_dummy_none(void)
{
	cs_low();
	send(0x0b);
	send_address(0);
	receive();
	cs_high();
}

static void sin_dummy_too_many(void)
{
	cs_low();
	send(0x0b);
	send_address(0);
	send(0);
	send(0);
	receive();
	cs_high();
}

static void sin_mosi_while_high(void)
{
	cs_low();
	send_lines(1, 0x04 >> 1, 7);
	drive(host.io[0], false);
	wait_ps(HALF_CLOCK);
	drive(host.clk, true);
	wait_ps(HALF_CLOCK / 2);
	drive(host.io[0], true);
	wait_ps(HALF_CLOCK / 2);
	drive(host.clk, false);
	cs_high();
}

static void sin_mosi_with_rising_clock(void)
{
	cs_low();
	send_lines(1, 0, 5);
	wait_ps(HALF_CLOCK);
	drive(host.io[0], true);
	drive(host.clk, true);
	wait_ps(HALF_CLOCK);
	drive(host.clk, false);
	send_lines(1, 0, 2);
	cs_high();
	assert_int_equal(host.chip->count_by_opcode[0x04], 1);
}

static void sin_clock_not_idle(void)
{
	cs_low();
	send_lines(1, 0x04 >> 1, 7);
	drive(host.io[0], false);
	wait_ps(HALF_CLOCK);
	drive(host.clk, true);
	cs_high();
}

static void sin_floating_input(void)
{
	cs_low();
	send_lines(1, 0x50 >> 1, 7);
	sim_net_drive(host.io[0], SIM_Z, 0);
	clock_out(0, 0);
	cs_high();
	assert_int_equal(host.chip->num_commands, 2);
}

static void sin_contention(void)
{
	cs_low();
	send(0x05);
	drive(host.io[1], true);
	for (unsigned int i = 0; i < 8; i++)
		clock_in(1);
	sim_net_drive(host.io[1], SIM_Z, 0);
	cs_high();
}

static void sin_power_down(void)
{
	uint8_t id[3];

	command(0xb9);
	wait_ps(10 * US);
	read_id(id, 3);
	assert_int_equal(id[0], id[2]);
	command(0xab);
	wait_ps(10 * US);
	read_id(id, 3);
	assert_int_equal(id[0], 0xef);
}

static void sin_woken_too_soon(void)
{
	uint8_t id[3];

	command(0xb9);
	wait_ps(10 * US);
	command(0xab);
	read_id(id, 3);
}

static void sin_past_end(void)
{
	uint8_t two[2];

	read_memory(0x7fffff, two, 2);
}

static void sin_past_end_program(void)
{
	program(0x800000, (const uint8_t *)"x", 1);
	assert_int_equal(host.chip->memory[0], 0xff);
}

static void sin_too_fast(void)
{
	uint8_t byte;

	host.half_clock_ps = 9 * NS;
	read_memory(0, &byte, 1);
}

static void sin_half_too_short(void)
{
	cs_low();
	send(0x03);
	send_address(0);
	for (unsigned int i = 0; i < 8; i++) {
		wait_ps(HALF_CLOCK);
		sample_lines(1);
		drive(host.clk, true);
		wait_ps(8 * NS);
		drive(host.clk, false);
	}
	cs_high();
}

static void sin_cs_high_short(void)
{
	cs_low();
	send(0x06);
	wait_ps(100 * NS);
	drive(host.cs, true);
	wait_ps(5 * NS);
	drive(host.cs, false);
	wait_ps(100 * NS);
	send(0x04);
	cs_high();
}

static void sin_cs_high_short_after_write(void)
{
	command(0x06);
	cs_low();
	send(0x02);
	send_address(0);
	send(0);
	wait_ps(100 * NS);
	drive(host.cs, true);
	wait_ps(40 * NS);
	drive(host.cs, false);
	wait_ps(100 * NS);
	send(0x05);
	receive();
	cs_high();
}

static void sin_cs_timing(void)
{
	drive(host.io[0], false);
	wait_ps(1 * US);
	drive(host.cs, false);
	drive(host.clk, true);
	wait_ps(HALF_CLOCK);
	drive(host.clk, false);
	send_lines(1, 0x04, 7);
	cs_high();
}

static void sin_early_sample(void)
{
	host.sample_after_ps = 4 * NS;
	read_status(0x05);
}

static void sin_quad_disabled(void)
{
	host.chip->part.regs[1].value = 0;
	cs_low();
	send(0x6b);
	send_address(0);
	send(0);
	cs_high();
}

static const struct sin_case {
	const char *name;
	void (*commit)(void);
	const char *kind;
} sin_cases[] = {
	{ "command_while_busy", sin_busy, "command_while_busy" },
	{ "program_without_wel", sin_no_wel, "no_write_enable" },
	{ "erase_without_wel", sin_no_wel_erase, "no_write_enable" },
	{ "register_without_wel", sin_no_wel_register, "no_write_enable" },
	{ "cs_inside_data_byte", sin_byte_boundary, "byte_boundary" },
	{ "cs_inside_opcode", sin_byte_boundary_in_opcode, "byte_boundary" },
	{ "cs_inside_status", sin_byte_boundary_in_status, "byte_boundary" },
	{ "erase_with_extra_byte", sin_extra_bytes, "extra_bytes" },
	{ "address_not_complete", sin_short_command, "short_command" },
	{ "cs_left_low", sin_cs_left_low, "cs_left_low" },
	{ "page_wrap", sin_page_wrap, "page_wrap" },
	{ "program_0_to_1", sin_0_to_1, "program_0_to_1" },
	{ "erase_unaligned", sin_erase_unaligned, "erase_unaligned" },
	{ "erase_not_here", sin_erase_not_here, "erase_not_here" },
	{ "unknown_opcode", sin_unknown_opcode, "unknown_opcode" },
	{ "one_dummy_clock_too_few", sin_dummy_too_few, "dummy_clocks" },
	{ "no_dummy_clocks", sin_dummy_none, "dummy_clocks" },
	{ "eight_dummy_clocks_too_many", sin_dummy_too_many, "dummy_clocks" },
	{ "mosi_changes_while_clock_high", sin_mosi_while_high, "mosi_unstable" },
	{ "mosi_changes_with_rising_clock", sin_mosi_with_rising_clock, "mosi_unstable" },
	{ "clock_high_as_cs_rises", sin_clock_not_idle, "clock_not_idle" },
	{ "mosi_not_driven", sin_floating_input, "floating_input" },
	{ "both_sides_drive", sin_contention, "contention" },
	{ "command_in_power_down", sin_power_down, "in_power_down" },
	{ "command_before_tres", sin_woken_too_soon, "in_power_down" },
	{ "read_past_end", sin_past_end, "address_past_end" },
	{ "program_past_end", sin_past_end_program, "address_past_end" },
	{ "clock_above_limit_of_03", sin_too_fast, "clock_too_fast" },
	{ "clock_pulse_too_short", sin_half_too_short, "clock_too_fast" },
	{ "cs_high_too_short", sin_cs_high_short, "cs_high_short" },
	{ "cs_high_too_short_after_write", sin_cs_high_short_after_write, "cs_high_short" },
	{ "cs_falls_with_clock_rising", sin_cs_timing, "cs_timing" },
	{ "sampled_before_output_valid", sin_early_sample, "early_sample" },
	{ "quad_read_without_qe", sin_quad_disabled, "quad_disabled" },
};

static void chip_each_sin_counts_exactly_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sin_cases); i++) {
		fresh(PART);
		sin_cases[i].commit();
		if (sim_sin_count(sin_cases[i].kind) != 1 || sim_sin_count(NULL) != 1)
			print_error("case %s\n", sin_cases[i].name);
		expect_only(sin_cases[i].kind);
	}
}

/* ---- SST25: word after word ------------------------------------------------ */

#define AAI_PART "SST25VF080B"

static void words_begin(uint32_t address, const char *word)
{
	cs_low();
	send(0xad);
	send_address(address);
	send(word[0]);
	send(word[1]);
	cs_high();
}

static void words_go_on(const char *word)
{
	cs_low();
	send(0xad);
	send(word[0]);
	send(word[1]);
	cs_high();
}

/** A fresh one whose power-up protection is off. */
static void fresh_words(void)
{
	fresh(AAI_PART);
	command(0x50);
	cs_low();
	send(0x01);
	send(0);
	cs_high();
}

static void words_are_programmed_until_write_disable(void **state)
{
	uint8_t data[8];

	(void)state;
	fresh_words();
	assert_int_equal(read_status(0x05), 0);
	command(0x06);
	words_begin(0x1234, "ab");
	assert_int_equal(read_status(0x05), 0x43);
	wait_ready();
	assert_int_equal(read_status(0x05), 0x42);
	words_go_on("cd");
	wait_ready();
	command(0x04);
	assert_int_equal(read_status(0x05), 0);
	read_memory(0x1232, data, 8);
	assert_memory_equal(data, "\xff\xff\x61\x62\x63\x64\xff\xff", 8);
	expect_none();
}

static void words_at_power_up_are_ignored(void **state)
{
	(void)state;
	fresh(AAI_PART);
	assert_int_equal(read_status(0x05), 0x1c);
	command(0x06);
	words_begin(0, "ab");
	assert_int_equal(read_status(0x05), 0x1e);
	assert_int_equal(host.chip->memory[0], 0xff);
	expect_none();
}

static void words_end_at_the_last_address(void **state)
{
	(void)state;
	fresh_words();
	command(0x06);
	words_begin(0xffffe, "ab");
	wait_ready();
	assert_int_equal(read_status(0x05), 0x40);
	expect_none();
	words_go_on("cd");
	expect_only("no_write_enable");
}

static void sin_id_in_aai(void)
{
	uint8_t id[3];

	command(0x06);
	words_begin(0, "ab");
	wait_ready();
	read_id(id, 3);
}

static void sin_odd_word(void)
{
	command(0x06);
	words_begin(1, "ab");
}

static void sin_word_of_three(void)
{
	command(0x06);
	words_begin(0, "ab");
	wait_ready();
	cs_low();
	send(0xad);
	send('c');
	send('d');
	send('e');
	cs_high();
}

static void sin_half_a_word(void)
{
	command(0x06);
	cs_low();
	send(0xad);
	send_address(0);
	send('a');
	cs_high();
}

static void sin_words_while_busy(void)
{
	command(0x06);
	words_begin(0, "ab");
	words_go_on("cd");
}

static void sin_words_without_wel(void)
{
	words_begin(0, "ab");
}

static void sin_two_bytes(void)
{
	program(0x10, (const uint8_t *)"ab", 2);
}

static const struct sin_case words_sin_cases[] = {
	{ "id_in_aai", sin_id_in_aai, "in_aai" },
	{ "aai_from_odd_address", sin_odd_word, "word_unaligned" },
	{ "aai_of_three_bytes", sin_word_of_three, "extra_bytes" },
	{ "aai_of_one_byte", sin_half_a_word, "short_command" },
	{ "aai_while_busy", sin_words_while_busy, "command_while_busy" },
	{ "aai_without_wel", sin_words_without_wel, "no_write_enable" },
	{ "byte_program_of_two", sin_two_bytes, "page_wrap" },
};

static void words_each_sin_counts_exactly_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words_sin_cases); i++) {
		fresh_words();
		words_sin_cases[i].commit();
		if (sim_sin_count(words_sin_cases[i].kind) != 1)
			print_error("case %s\n", words_sin_cases[i].name);
		expect_only(words_sin_cases[i].kind);
	}
}

/* ---- AT45: pages through a buffer ------------------------------------------ */

#define AT45_PART "AT45DB161E"

/** Opcode, page and column, and no data. */
static void page_command(uint8_t opcode, uint32_t page, uint32_t column)
{
	cs_low();
	send(opcode);
	send_address(page << 10 | column);
	cs_high();
}

static void buffer_write(uint32_t column, uint8_t byte, unsigned int bytes)
{
	cs_low();
	send(0x84);
	send_address(column);
	for (unsigned int i = 0; i < bytes; i++)
		send(byte);
	cs_high();
}

static void wait_page(void)
{
	while (!(read_status(0xd7) & 0x80))
		wait_ps(50 * US);
}

static void at45_programs_a_page_and_a_part_of_one(void **state)
{
	uint8_t data[4];

	(void)state;
	fresh(AT45_PART);
	assert_int_equal(read_status(0xd7), 0xac);
	buffer_write(0, 0xa5, 528);
	page_command(0x88, 1, 0);
	assert_int_equal(read_status(0xd7), 0x2c);
	wait_page();
	page_command(0x53, 2, 0);
	wait_page();
	buffer_write(526, 0x3c, 2);
	page_command(0x88, 2, 0);
	wait_page();
	// reading goes on from a page to the next
	read_memory(1 << 10 | 527, data, 2);
	assert_memory_equal(data, "\xa5\xff", 2);
	read_memory(2 << 10 | 525, data, 4);
	assert_memory_equal(data, "\xff\x3c\x3c\xff", 4);
	page_command(0x50, 0, 0);
	wait_page();
	assert_int_equal(host.chip->memory[528], 0xff);
	expect_none();
}

static void at45_protected_sector_is_refused(void **state)
{
	static const uint8_t on[] = { 0x3d, 0x2a, 0x7f, 0xa9 };
	static const uint8_t erase[] = { 0x3d, 0x2a, 0x7f, 0xcf };

	(void)state;
	fresh(AT45_PART);
	for (unsigned int round = 0; round < 2; round++) {
		cs_low();
		for (unsigned int i = 0; i < 4; i++)
			send(round ? on[i] : erase[i]);
		cs_high();
	}
	assert_int_equal(read_status(0xd7), 0xae);
	page_command(0x81, 0, 0);
	assert_int_equal(read_status(0xd7), 0xae);
	assert_int_equal(host.chip->refused_writes, 1);
	expect_none();
}

static void select_die(uint8_t die)
{
	cs_low();
	send(0xc2);
	send(die);
	cs_high();
}

static void dice_of_their_own_have_registers_and_chip_erase(void **state)
{
	const uint32_t second = 32u << 20;

	(void)state;
	fresh("W25M512JV:tCE=1000");
	host.chip->memory[5] = 0;
	host.chip->memory[second + 5] = 0;
	select_die(1);
	write_status(0x3c);
	select_die(0);
	assert_int_equal(read_status(0x05), 0x00);
	command(0x06);
	command(0xc7);
	wait_ready();
	assert_int_equal(host.chip->memory[5], 0xff);
	assert_int_equal(host.chip->memory[second + 5], 0);
	select_die(1);
	assert_int_equal(read_status(0x05), 0x3c);
	// all of that die is protected
	command(0x06);
	command(0xc7);
	assert_int_equal(host.chip->refused_writes, 1);
	assert_int_equal(host.chip->memory[second + 5], 0);
	expect_none();
}

static void dice_of_one_address_space_are_ready_one_after_the_other(void **state)
{
	(void)state;
	fresh("W25Q02JV-M:tW=1000");
	// as the first die says
	write_status(0x04);
	for (uint8_t die = 1; die < 4; die++) {
		assert_true(spinor_busy(host.chip));
		select_die(die);
		assert_int_equal(read_status(0x05) & 1, 1);
		wait_ready();
	}
	assert_false(spinor_busy(host.chip));
	assert_int_equal(read_status(0x05), 0x04);
	expect_none();
}

static void dice_are_busy_until_the_last_is_ready(void **state)
{
	uint8_t id[3];

	(void)state;
	fresh("W25Q02JV-M:tW=1000");
	write_status(0x04);
	read_id(id, 3);
	expect_only("command_while_busy");
}

static void sin_at45_busy(void)
{
	uint8_t id[3];

	page_command(0x81, 0, 0);
	read_id(id, 3);
}

static void sin_at45_column(void)
{
	uint8_t byte;

	read_memory(528, &byte, 1);
}

static void sin_at45_buffer_wrap(void)
{
	buffer_write(527, 0, 2);
}

static void sin_at45_stale_buffer(void)
{
	buffer_write(0, 0xff, 10);
	page_command(0x88, 0, 0);
}

static void sin_at45_other_page(void)
{
	page_command(0x53, 1, 0);
	wait_page();
	page_command(0x88, 2, 0);
}

static void sin_at45_0_to_1(void)
{
	host.chip->memory[0] = 0;
	buffer_write(0, 0xff, 528);
	page_command(0x88, 0, 0);
}

static void sin_at45_chip_erase_without_guard(void)
{
	cs_low();
	send(0xc7);
	send(0x94);
	send(0x80);
	send(0x9b);
	cs_high();
}

static void sin_at45_block_not_aligned(void)
{
	page_command(0x50, 1, 0);
}

static const struct sin_case at45_sin_cases[] = {
	{ "at45_command_while_busy", sin_at45_busy, "command_while_busy" },
	{ "at45_column_past_page", sin_at45_column, "address_past_end" },
	{ "at45_buffer_wraps", sin_at45_buffer_wrap, "page_wrap" },
	{ "at45_buffer_in_part", sin_at45_stale_buffer, "stale_buffer" },
	{ "at45_buffer_of_other_page", sin_at45_other_page, "stale_buffer" },
	{ "at45_0_to_1", sin_at45_0_to_1, "program_0_to_1" },
	{ "at45_chip_erase", sin_at45_chip_erase_without_guard, "unknown_opcode" },
	{ "at45_block", sin_at45_block_not_aligned, "erase_unaligned" },
};

static void at45_each_sin_counts_exactly_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(at45_sin_cases); i++) {
		fresh(AT45_PART);
		host.chip->memory[0] = 0xff;
		at45_sin_cases[i].commit();
		if (sim_sin_count(at45_sin_cases[i].kind) != 1)
			print_error("case %s\n", at45_sin_cases[i].name);
		expect_only(at45_sin_cases[i].kind);
	}
}

static int clear(void **state)
{
	(void)state;
	sim_chips_clear();
	sim_nets_clear();
	sim_faults_clear();
	sim_sins_clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chip_id_and_sfdp_read_as_in_the_row),
		cmocka_unit_test(chip_erase_program_read_mode_0_no_sin),
		cmocka_unit_test(chip_erase_program_read_mode_3_no_sin),
		cmocka_unit_test(chip_busy_for_its_time_and_wel_clears),
		cmocka_unit_test(chip_quad_and_dual_reads_give_the_same_bytes),
		cmocka_unit_test(chip_nothing_happens_before_cs_rises),
		cmocka_unit_test(chip_wake_up_sequence_is_exempt_before_the_first_id),
		cmocka_unit_test(chip_continuous_read_and_its_end),
		cmocka_unit_test(chip_protected_range_refuses_and_reads_back),
		cmocka_unit_test(w25q_locks_count_only_where_wps_is_set),
		cmocka_unit_test(at25df_is_locked_until_its_status_says_unlock),
		cmocka_unit_test(sst26_lock_register_has_its_bits_in_place),
		cmocka_unit_test(sst26_lock_register_takes_all_bytes_or_none),
		cmocka_unit_test(chip_suspended_erase_lets_read_and_goes_on),
		cmocka_unit_test(chip_each_row_answers_its_id_and_sfdp),
		cmocka_unit_test(mt25q_four_byte_opcodes_mode_and_extended_address),
		cmocka_unit_test(mt25q_qpi_in_and_out),
		cmocka_unit_test(n25q_register_turns_dpi_on_and_off),
		cmocka_unit_test(n25q_eight_ones_end_dpi),
		cmocka_unit_test(n25q_plain_command_in_dpi_is_a_sin),
		cmocka_unit_test(gd25_hold_low_stops_the_clock),
		cmocka_unit_test(chip_two_on_one_bus_keep_apart),
		cmocka_unit_test(chip_volatile_register_write_does_not_last),
		cmocka_unit_test(chip_reset_without_enable_does_nothing),
		cmocka_unit_test(fault_stuck_wip_never_ends),
		cmocka_unit_test(fault_wel_ignored),
		cmocka_unit_test(fault_program_and_erase_noop_take_time),
		cmocka_unit_test(fault_bit_errors_are_the_same_for_the_same_seed),
		cmocka_unit_test(fault_id_and_sfdp),
		cmocka_unit_test(fault_protected_range_refuses),
		cmocka_unit_test(fault_miso_stuck_and_noisy),
		cmocka_unit_test(fault_ignored_opcode_is_not_heard),
		cmocka_unit_test(fault_opcode_is_heard_so_often_and_then_ignored),
		cmocka_unit_test(fault_power_lost_in_an_erase_leaves_half),
		cmocka_unit_test(fault_flip_byte_at_start_and_at_disconnect),
		cmocka_unit_test(fault_unknown_names_and_keys_are_refused),
		cmocka_unit_test(row_times_can_be_set_by_name),
		cmocka_unit_test(row_unknown_keys_are_refused),
		cmocka_unit_test(chip_each_sin_counts_exactly_once),
		cmocka_unit_test(words_are_programmed_until_write_disable),
		cmocka_unit_test(words_at_power_up_are_ignored),
		cmocka_unit_test(words_end_at_the_last_address),
		cmocka_unit_test(words_each_sin_counts_exactly_once),
		cmocka_unit_test(at45_programs_a_page_and_a_part_of_one),
		cmocka_unit_test(at45_protected_sector_is_refused),
		cmocka_unit_test(at45_each_sin_counts_exactly_once),
		cmocka_unit_test(dice_of_their_own_have_registers_and_chip_erase),
		cmocka_unit_test(dice_of_one_address_space_are_ready_one_after_the_other),
		cmocka_unit_test(dice_are_busy_until_the_last_is_ready),
	};

	return cmocka_run_group_tests(tests, NULL, clear);
}
