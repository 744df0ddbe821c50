// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The bank line of the driver that went before. Its numbers name output
 * registers and nothing that sets or clears single bits, so all ports are of the
 * plain kind. Pin modes, pulls and clock gates are what the user's own reset-init
 * handler made them: the set-up list holds the output latches and, where the line
 * tells how, the directions of the data pins.
 */

#include "cmspi_positional.h"

#include <stdio.h>

/* Offsets are numbers of 10 bits with a sign. */
#define OFFSET_MASK	0x3fc
#define OFFSET_SIGN	0x200

/* Numbers of the forms. */
#define NUMBERS_CONTROL		(1 + 2 * 2)
#define NUMBERS_PIN		5
#define NUMBERS_3_WIRE		(NUMBERS_CONTROL + NUMBERS_PIN)
#define NUMBERS_I2C		(1 + 2 * NUMBERS_PIN)
#define NUMBERS_4_WIRE		(NUMBERS_CONTROL + 2 * NUMBERS_PIN)
#define NUMBERS_6_WIRE		(NUMBERS_CONTROL + 4 * NUMBERS_PIN)

static uint32_t add_offset(uint32_t addr, uint32_t offset)
{
	return addr + offset - (offset & OFFSET_SIGN ? 2 * OFFSET_SIGN : 0);
}

/* Index of the port with this output register, which is added if it is new.
 * There are no more lines than room for ports. */
static unsigned int port_at(struct cmspi_wires *wires, uint32_t out, uint32_t input_offset)
{
	unsigned int i = 0;

	while (i < wires->num_ports && wires->ports[i].out != out)
		i++;
	if (i == wires->num_ports) {
		struct cmspi_port *port = &wires->ports[wires->num_ports++];

		snprintf(port->name, sizeof(port->name), "%08x", (unsigned int)out);
		port->kind = CMSPI_PORT_PLAIN;
		port->out = out;
		port->in = add_offset(out, input_offset);
	}
	return i;
}

static void take_place(struct cmspi_wires *wires, enum cmspi_line line, const uint32_t *numbers,
	uint32_t input_offset, char *why, size_t why_bytes)
{
	struct cmspi_pin *pin = &wires->pins[line];

	if (!numbers[0] || numbers[0] % 4) {
		snprintf(why, why_bytes, "%s: 0x%08x is not the address of an output register, "
			"which is a word", cmspi_line_name(line), (unsigned int)numbers[0]);
		return;
	}
	if (numbers[1] > 31) {
		snprintf(why, why_bytes, "%s: bit %u is not 0 to 31", cmspi_line_name(line),
			(unsigned int)numbers[1]);
		return;
	}
	pin->port = port_at(wires, numbers[0], input_offset);
	pin->bit = numbers[1];
	snprintf(pin->name, sizeof(pin->name), "%08x:%u", (unsigned int)numbers[0], pin->bit);
}

static void take_data_pin(struct cmspi_wires *wires, enum cmspi_line line, const uint32_t *numbers,
	uint32_t input_offset, char *why, size_t why_bytes)
{
	struct cmspi_direction *direction = &wires->pins[line].direction;

	take_place(wires, line, numbers, input_offset, why, why_bytes);
	for (unsigned int i = 2; i < 4 && !why[0]; i++) {
		if (numbers[i] && !(numbers[i] & ~OFFSET_MASK))
			continue;
		snprintf(why, why_bytes, "%s: 0x%x is not the offset of a direction register, "
			"0x004 to 0x3fc in words", cmspi_line_name(line), (unsigned int)numbers[i]);
	}
	direction->in_addr = add_offset(numbers[0], numbers[2]);
	direction->out_addr = add_offset(numbers[0], numbers[3]);
	direction->mask = numbers[4];
}

static void refuse_count(unsigned int count, char *why, size_t why_bytes)
{
	if (count == NUMBERS_I2C)
		snprintf(why, why_bytes, "%u numbers are the form of an I2C bank, which comes with "
			"a later release", count);
	else
		snprintf(why, why_bytes, "%u numbers are no form of a bank: %d are CS, CLK and two "
			"data pins, %d four data pins, %d a single one", count, NUMBERS_4_WIRE,
			NUMBERS_6_WIRE, NUMBERS_3_WIRE);
}

void cmspi_positional_wires(const uint32_t *numbers, unsigned int count,
	struct cmspi_wires *wires, char *why, size_t why_bytes)
{
	const uint32_t nothing_found[CMSPI_LINES] = { 0 };

	why[0] = '\0';
	if (count != NUMBERS_3_WIRE && count != NUMBERS_4_WIRE && count != NUMBERS_6_WIRE) {
		refuse_count(count, why, why_bytes);
		return;
	}
	wires->positional = true;
	if (numbers[0] & ~OFFSET_MASK)
		snprintf(why, why_bytes, "0x%x is not the offset of an input register, 0 to 0x3fc in "
			"words", (unsigned int)numbers[0]);
	for (enum cmspi_line line = CMSPI_CS; line <= CMSPI_CLK && !why[0]; line++)
		take_place(wires, line, numbers + 1 + 2 * line, numbers[0], why, why_bytes);
	for (unsigned int at = count; at > NUMBERS_CONTROL && !why[0];) {
		// the last group is IO0
		const enum cmspi_line line = CMSPI_IO0 + (count - at) / NUMBERS_PIN;

		at -= NUMBERS_PIN;
		take_data_pin(wires, line, numbers + at, numbers[0], why, why_bytes);
	}
	if (!why[0] && count == NUMBERS_3_WIRE)
		wires->pins[CMSPI_IO1] = wires->pins[CMSPI_IO0];
	if (!why[0])
		cmspi_positional_set_up(wires, nothing_found);
}

/* ---- the set-up list ---------------------------------------------------- */

static bool by_toggling(const struct cmspi_direction *direction)
{
	return direction->mask && direction->in_addr == direction->out_addr;
}

/* A single bit is 1 for an output in the direction registers of all families that
 * have one (MODER's 00 and 01 among them). Of wider fields, such as those of
 * STM32F1's CRL, only the difference is known: as found is an input. */
bool cmspi_positional_must_look(const struct cmspi_pin *pin)
{
	const uint32_t mask = pin->direction.mask;

	return by_toggling(&pin->direction) && mask & (mask - 1);
}

static struct cmspi_turn turn_of(const struct cmspi_pin *pin, uint32_t found)
{
	const struct cmspi_direction *direction = &pin->direction;
	const uint32_t in = cmspi_positional_must_look(pin) ? found & direction->mask : 0;

	if (!by_toggling(direction))
		return (struct cmspi_turn){ 0 };
	return (struct cmspi_turn){
		.addr = direction->out_addr,
		.mask = direction->mask,
		.in = in,
		.out = in ^ direction->mask,
	};
}

static void add_setup(struct cmspi_wires *wires, uint32_t addr, uint32_t mask, uint32_t value,
	uint32_t force)
{
	wires->setups[wires->num_setups++] = (struct cmspi_setup){
		.addr = addr, .mask = mask, .value = value, .force = force,
	};
}

/* Levels of a port's pins before the first frame; MISO has none, its bit in the
 * output register may be what selects its pull. */
static void set_up_latches(struct cmspi_wires *wires, unsigned int port)
{
	uint32_t mask = 0, high = 0;

	for (enum cmspi_line line = CMSPI_CS; line < CMSPI_LINES; line++) {
		const struct cmspi_pin *pin = &wires->pins[line];

		if (line == CMSPI_IO1 || !cmspi_wired(wires, line) || pin->port != port)
			continue;
		mask |= UINT32_C(1) << pin->bit;
		if (line == CMSPI_CS || line >= CMSPI_IO2)
			high |= UINT32_C(1) << pin->bit;
	}
	if (mask)
		add_setup(wires, wires->ports[port].out, mask, high, 0);
}

/* Two registers that are only written: nobody can read which way the pin was,
 * but cmspi_init leaves data pins as inputs. Undone last to first, the pin is an
 * input in the end. */
static void set_up_written_direction(struct cmspi_wires *wires,
	const struct cmspi_direction *direction, bool output)
{
	add_setup(wires, direction->in_addr, UINT32_MAX, direction->mask, UINT32_MAX);
	if (output)
		add_setup(wires, direction->out_addr, UINT32_MAX, direction->mask, UINT32_MAX);
}

static void set_up_direction(struct cmspi_wires *wires, enum cmspi_line line)
{
	const struct cmspi_pin *pin = &wires->pins[line];
	const bool output = line != CMSPI_IO1;

	// one pin for both directions begins as an output
	if (!cmspi_wired(wires, line) || !pin->direction.mask ||
			(line == CMSPI_IO1 && cmspi_pins_share_data(wires)))
		return;
	if (pin->direction.in_addr != pin->direction.out_addr)
		set_up_written_direction(wires, &pin->direction, output);
	else
		add_setup(wires, pin->turn.addr, pin->turn.mask,
			output ? pin->turn.out : pin->turn.in, 0);
}

/* Without the family's data it is not known whether CS is an output yet, but a
 * latch that is low is worth a word: the prior tool's lines left it so. */
static void tell_low_cs(struct cmspi_wires *wires)
{
	const struct cmspi_pin *cs = &wires->pins[CMSPI_CS];
	struct cmspi_found *found = &wires->founds[0];

	wires->num_founds = 1;
	found->num_fields = 1;
	found->fields[0].addr = wires->ports[cs->port].out;
	found->fields[0].mask = UINT32_C(1) << cs->bit;
	found->fields[0].value = 0;
	snprintf(found->text, sizeof(found->text), "cs (%s) was low, and is again after each "
		"operation: set its bit in the output register before it becomes an output",
		cs->name);
}

void cmspi_positional_set_up(struct cmspi_wires *wires, const uint32_t found[CMSPI_LINES])
{
	wires->num_setups = 0;
	for (unsigned int i = 0; i < wires->num_ports; i++)
		set_up_latches(wires, i);
	for (enum cmspi_line line = CMSPI_IO0; line < CMSPI_LINES; line++) {
		wires->pins[line].turn = turn_of(&wires->pins[line], found[line]);
		set_up_direction(wires, line);
	}
	tell_low_cs(wires);
}
