// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * GPIO ports as data rows: which registers a port has, what each does to the
 * pins, how a pin's mode is spelt. Written from the reference manuals named in
 * the rows; knows no family by name.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpio.h"

#define PORT_BYTES 0x400
#define PORT_PINS 32
#define MAX_REGISTERS 32
#define MAX_PORTS 16
#define PS_PER_SECOND 1000000000000ULL

/** What a register does. */
enum reg_kind {
	REG_PLAIN,      /* kept and read back, moves no pin (speed, function number) */
	REG_MODE,       /* field -> pin mode, by the row's "values" */
	REG_OPEN_DRAIN, /* one bit a pin */
	REG_PULL,       /* field -> pull, by the row's "values" */
	REG_INPUT,
	REG_OUTPUT,
	REG_SET_RESET,  /* low half sets, high half resets, set wins */
	REG_SET,
	REG_RESET,
	REG_TOGGLE,
	REG_LOCK,       /* bits 0-15 pins, bit 16 the key */
	REG_SET_BITS,   /* sets bits of another register, reads 0 */
	REG_CLEAR_BITS, /* clears them */
	REG_OUTPUT_MASK, /* output bits that the output register itself can write */
	REG_KINDS
};

static const char *const reg_kind_names[REG_KINDS] = {
	[REG_PLAIN] = "plain", [REG_MODE] = "mode", [REG_OPEN_DRAIN] = "open_drain",
	[REG_PULL] = "pull", [REG_INPUT] = "input", [REG_OUTPUT] = "output",
	[REG_SET_RESET] = "set_reset", [REG_SET] = "set", [REG_RESET] = "reset",
	[REG_TOGGLE] = "toggle", [REG_LOCK] = "lock",
	[REG_SET_BITS] = "set_bits", [REG_CLEAR_BITS] = "clear_bits",
	[REG_OUTPUT_MASK] = "output_mask",
};

/** What a field of a mode register makes of a pin. */
enum pin_mode {
	PIN_INPUT,
	PIN_INPUT_PULL, /* pulled to the pin's bit in the output register */
	PIN_OUTPUT,
	PIN_OUTPUT_OPEN_DRAIN,
	PIN_ALTERNATE,
	PIN_ANALOG,
	PIN_AS_BEFORE, /* as the registers listed before this one say */
	PIN_MODES
};

static const char *const pin_mode_names[PIN_MODES] = {
	[PIN_INPUT] = "input", [PIN_INPUT_PULL] = "input_pull", [PIN_OUTPUT] = "output",
	[PIN_OUTPUT_OPEN_DRAIN] = "output_open_drain", [PIN_ALTERNATE] = "alternate",
	[PIN_ANALOG] = "analog", [PIN_AS_BEFORE] = "as_before",
};

struct gpio_reg {
	char name[12];
	uint32_t offset;
	enum reg_kind kind;
	unsigned int field_bits;  /* 0: no fields by pin, cannot be locked */
	unsigned int first_pin;
	uint8_t values[16];       /* enum pin_mode or enum sim_pull by field */
	uint32_t reset;           /* unless the port has its own */
	char of[12];              /* SET_BITS, CLEAR_BITS: the register they change */
	bool read_only;           /* only these change it */
};

/** A family's ports all look alike. */
struct gpio_layout {
	struct gpio_reg regs[MAX_REGISTERS];
	unsigned int num_regs;
	unsigned int input_delay_cycles;
	unsigned int port_bytes;       /* address range of a port */
	unsigned int access_bytes;     /* widths allowed, as a mask of 1, 2, 4 */
	bool narrow_write_duplicates;  /* the bus copies narrow data to all lanes */
	/* where the register of a kind stands in regs[], -1 if there is none */
	int index_of[REG_KINDS];
};

struct gpio_port;

struct gpio_pin {
	struct gpio_port *port;
	struct sim_net *net;
	struct sim_driver *driver;
	uint32_t bit;
	enum pin_mode mode;
	enum pin_mode marked_mode;
	bool claimed;              /* by the debug port, whatever the registers say */
	enum sim_pull claim_pull;
	bool debug;                /* the probe hangs on it */
};

struct gpio_port {
	char name[8];
	const struct gpio_layout *layout;
	struct sim_device device;
	uint32_t clock_addr;
	unsigned int clock_bit;
	uint32_t pins_mask;
	uint32_t supply_addr;      /* of the bit that lets the supplied pins work */
	unsigned int supply_bit;
	uint32_t supplied;         /* pins behind that bit */
	uint32_t powered;          /* pins that are not cut off now */
	struct gpio_pin pins[PORT_PINS];
	const struct gpio_reg *reg_at[PORT_BYTES / 4];
	uint32_t value[MAX_REGISTERS];
	uint32_t reset_value[MAX_REGISTERS];
	uint32_t odr;
	uint32_t marked_odr;
	uint32_t levels;           /* now, by pin */
	uint32_t recent;           /* pins that changed since recent_ps was behind us */
	uint64_t recent_ps;
	uint32_t readable;         /* pins whose input stage is on */
	uint32_t driving;          /* pins whose level or pull follows the output register */
	uint32_t watched;          /* somebody wants to know of samples */
	unsigned int watched_at;   /* sim_net_sample_watchers() when that was made */
	unsigned int lock_step;
	uint32_t lock_seen;
	uint32_t locked;
	uint32_t written;          /* mode or output ever changed */
};

static struct gpio_layout layout;
static struct gpio_port ports[MAX_PORTS];
static unsigned int num_ports;
static uint32_t cached_hz;
static uint64_t input_delay_ps;
static enum sim_level alternate_level = SIM_Z;

/* ---- pins ---------------------------------------------------------------- */

static uint32_t reg_field(const struct gpio_port *port, const struct gpio_reg *reg,
	unsigned int pin)
{
	unsigned int shift = (pin - reg->first_pin) * reg->field_bits;

	return (port->value[reg - layout.regs] >> shift) & ((1U << reg->field_bits) - 1);
}

static bool reg_covers(const struct gpio_reg *reg, unsigned int pin)
{
	return reg->field_bits && pin >= reg->first_pin
		&& pin < reg->first_pin + 32 / reg->field_bits;
}

static void pin_drive(struct gpio_pin *pin)
{
	bool high = pin->port->odr & pin->bit;

	if (!(pin->port->powered & pin->bit)) {
		sim_net_drive(pin->driver, SIM_Z, 0);
		sim_net_set_pull(pin->driver, SIM_PULL_NONE);
		return;
	}
	switch (pin->mode) {
	case PIN_OUTPUT:
		sim_net_drive(pin->driver, high ? SIM_H : SIM_L, 0);
		break;
	case PIN_OUTPUT_OPEN_DRAIN:
		sim_net_drive(pin->driver, high ? SIM_Z : SIM_L, 0);
		break;
	case PIN_INPUT_PULL:
		sim_net_drive(pin->driver, SIM_Z, 0);
		sim_net_set_pull(pin->driver, high ? SIM_PULL_UP : SIM_PULL_DOWN);
		break;
	case PIN_ALTERNATE:
		sim_net_drive(pin->driver, alternate_level, 0);
		break;
	default:
		sim_net_drive(pin->driver, SIM_Z, 0);
		break;
	}
}

/** Work out a pin's mode and pull from all the port's registers. */
static void pin_configure(struct gpio_port *port, unsigned int number)
{
	struct gpio_pin *pin = &port->pins[number];
	enum pin_mode mode = PIN_INPUT;
	enum sim_pull pull = SIM_PULL_NONE;
	bool open_drain = false;

	for (unsigned int i = 0; i < layout.num_regs; i++) {
		const struct gpio_reg *reg = &layout.regs[i];

		if (!reg_covers(reg, number))
			continue;
		if (reg->kind == REG_MODE) {
			enum pin_mode value = reg->values[reg_field(port, reg, number)];

			mode = value == PIN_AS_BEFORE ? mode : value;
		} else if (reg->kind == REG_PULL) {
			pull = reg->values[reg_field(port, reg, number)];
		} else if (reg->kind == REG_OPEN_DRAIN) {
			open_drain = reg_field(port, reg, number);
		}
	}
	if (mode == PIN_OUTPUT && open_drain)
		mode = PIN_OUTPUT_OPEN_DRAIN;
	if (pin->claimed) {
		mode = PIN_ALTERNATE;
		pull = pin->claim_pull;
	}
	if (mode != pin->mode)
		port->written |= pin->bit;
	if (pin->debug && mode != PIN_ALTERNATE)
		sim_sin("debug_pin_lost", "%s is no longer the debug port's", sim_net_name(pin->net));
	pin->mode = mode;

	port->readable &= ~pin->bit;
	port->readable |= mode != PIN_ANALOG ? pin->bit & port->powered : 0;
	port->driving &= ~pin->bit;
	if (mode == PIN_OUTPUT || mode == PIN_OUTPUT_OPEN_DRAIN || mode == PIN_INPUT_PULL)
		port->driving |= pin->bit;
	sim_net_set_open_drain(pin->driver, mode == PIN_OUTPUT_OPEN_DRAIN);
	if (mode != PIN_INPUT_PULL)
		sim_net_set_pull(pin->driver, mode == PIN_ANALOG ? SIM_PULL_NONE : pull);
	pin_drive(pin);
}

/** Pins whose supply has not been declared valid are cut off from the wires. */
static void port_follow_supply(struct gpio_port *port)
{
	uint32_t powered = ~port->supplied;

	if (port->supplied && sim_clock_gate_on(port->supply_addr, port->supply_bit))
		powered = ~0U;
	uint32_t changed = powered ^ port->powered;
	port->powered = powered;
	for (unsigned int i = 0; i < PORT_PINS; i++)
		if ((changed & (1U << i)) && port->pins[i].net)
			pin_configure(port, i);
}

static void follow_supplies(void)
{
	for (unsigned int p = 0; p < num_ports; p++)
		if (ports[p].supplied)
			port_follow_supply(&ports[p]);
}

static void pin_level_changed(void *ctx, struct sim_net *net, enum sim_level level,
	uint64_t when_ps)
{
	struct gpio_pin *pin = ctx;
	struct gpio_port *port = pin->port;

	(void)net;
	if (level == SIM_H)
		port->levels |= pin->bit;
	else
		port->levels &= ~pin->bit;
	port->recent |= pin->bit;
	port->recent_ps = when_ps;
}

/* ---- registers ----------------------------------------------------------- */

static uint64_t port_input_delay_ps(void)
{
	uint32_t hz = sim_core_hz();

	if (hz != cached_hz) {
		cached_hz = hz;
		input_delay_ps = layout.input_delay_cycles * PS_PER_SECOND / hz;
	}
	return input_delay_ps;
}

static void port_find_watched(struct gpio_port *port)
{
	port->watched_at = sim_net_sample_watchers();
	port->watched = 0;
	for (unsigned int i = 0; i < PORT_PINS; i++)
		if (port->pins[i].net && sim_net_sample_watched(port->pins[i].net))
			port->watched |= port->pins[i].bit;
}

/** The input register shows the pins as they were some bus cycles ago. */
static uint32_t port_read_input(struct gpio_port *port)
{
	uint64_t delay_ps = port_input_delay_ps();
	uint64_t now_ps = sim_time_ps();
	uint64_t when_ps = now_ps > delay_ps ? now_ps - delay_ps : 0;
	uint32_t levels = port->levels;
	uint32_t slow;

	if (port->watched_at != sim_net_sample_watchers())
		port_find_watched(port);
	if (when_ps >= port->recent_ps)
		port->recent = 0;

	slow = port->recent | port->watched;
	while (slow) {
		unsigned int n = __builtin_ctz(slow);
		struct gpio_pin *pin = &port->pins[n];

		slow &= slow - 1;
		if (sim_net_level(pin->net, when_ps, NULL) == SIM_H)
			levels |= pin->bit;
		else
			levels &= ~pin->bit;
		if (port->watched & pin->bit)
			sim_net_sampled(pin->net, when_ps);
	}
	return levels & port->readable;
}

static void port_set_output(struct gpio_port *port, uint32_t odr)
{
	uint32_t changed;

	odr &= port->pins_mask;
	changed = odr ^ port->odr;
	port->odr = odr;
	port->written |= changed;
	changed &= port->driving;
	while (changed) {
		pin_drive(&port->pins[__builtin_ctz(changed)]);
		changed &= changed - 1;
	}
}

/** Fields of pins that the lock register holds fast keep their old value. */
static uint32_t reg_apply_lock(const struct gpio_port *port, const struct gpio_reg *reg,
	uint32_t old_value, uint32_t value)
{
	for (unsigned int pin = 0; pin < PORT_PINS; pin++) {
		uint32_t mask;

		if (!(port->locked & (1U << pin)) || !reg_covers(reg, pin))
			continue;
		mask = ((1U << reg->field_bits) - 1) << ((pin - reg->first_pin) * reg->field_bits);
		value = (value & ~mask) | (old_value & mask);
	}
	return value;
}

static void port_write_config(struct gpio_port *port, const struct gpio_reg *reg, uint32_t value)
{
	unsigned int index = reg - layout.regs;
	uint32_t changed;

	if (port->locked && reg->field_bits)
		value = reg_apply_lock(port, reg, port->value[index], value);
	changed = value ^ port->value[index];
	port->value[index] = value;
	if (reg->kind == REG_PLAIN || !changed)
		return;
	for (unsigned int pin = 0; pin < PORT_PINS; pin++) {
		unsigned int shift = (pin - reg->first_pin) * reg->field_bits;

		if (!reg_covers(reg, pin) || !port->pins[pin].net)
			continue;
		if ((changed >> shift) & ((1U << reg->field_bits) - 1))
			pin_configure(port, pin);
	}
}

/** The key is written 1, 0, 1 with the same pins each time, then read. RM0090
 * 8.4.8 (GPIOx_LCKR): any mistake aborts the sequence; a lock holds until reset. */
static void port_write_lock(struct gpio_port *port, uint32_t value)
{
	static const bool key[] = { true, false, true };
	uint32_t pins = value & 0xffff;
	bool key_bit = value & 0x10000;

	if (port->locked)
		return;
	if (port->lock_step > 0 && pins != port->lock_seen)
		port->lock_step = 0;
	if (port->lock_step >= 3 || key_bit != key[port->lock_step]) {
		port->lock_step = 0;
		return;
	}
	port->lock_seen = pins;
	port->lock_step++;
	if (port->lock_step == 3) {
		port->locked = pins;
		port->lock_step = 0;
	}
}

static uint32_t port_read_reg(struct gpio_port *port, const struct gpio_reg *reg)
{
	switch (reg->kind) {
	case REG_INPUT:
		return port_read_input(port);
	case REG_OUTPUT:
		return port->odr;
	case REG_LOCK:
		return port->locked ? port->locked | 0x10000 : port->lock_seen;
	case REG_SET_RESET:
	case REG_SET:
	case REG_RESET:
	case REG_TOGGLE:
	case REG_SET_BITS:
	case REG_CLEAR_BITS:
		return 0;
	default:
		return port->value[reg - layout.regs];
	}
}

static const struct gpio_reg *reg_by_name(const char *name)
{
	for (unsigned int i = 0; i < layout.num_regs; i++)
		if (!strcmp(layout.regs[i].name, name))
			return &layout.regs[i];
	return NULL;
}

/** Bits of another register, by a register that is only written. */
static void port_change_bits(struct gpio_port *port, const struct gpio_reg *reg, uint32_t bits)
{
	const struct gpio_reg *of = reg_by_name(reg->of);
	uint32_t old = port->value[of - layout.regs];

	port_write_config(port, of, reg->kind == REG_SET_BITS ? old | bits : old & ~bits);
}

/** Where the family has a mask, the output register itself moves only its bits. */
static void port_write_output(struct gpio_port *port, uint32_t value)
{
	int mask_index = layout.index_of[REG_OUTPUT_MASK];
	uint32_t mask = mask_index < 0 ? ~0U : port->value[mask_index];

	port_set_output(port, (port->odr & ~mask) | (value & mask));
}

static void port_write_reg(struct gpio_port *port, const struct gpio_reg *reg, uint32_t value)
{
	if (reg->read_only)
		return;
	switch (reg->kind) {
	case REG_SET_RESET:
		port_set_output(port, (port->odr & ~(value >> 16)) | (value & 0xffff));
		break;
	case REG_SET:
		port_set_output(port, port->odr | value);
		break;
	case REG_RESET:
		port_set_output(port, port->odr & ~value);
		break;
	case REG_TOGGLE:
		port_set_output(port, port->odr ^ value);
		break;
	case REG_OUTPUT:
		port_write_output(port, value);
		break;
	case REG_SET_BITS:
	case REG_CLEAR_BITS:
		port_change_bits(port, reg, value);
		break;
	case REG_INPUT:
		break;
	case REG_LOCK:
		port_write_lock(port, value);
		break;
	default:
		port_write_config(port, reg, value);
		break;
	}
}

static bool reg_holds_state(const struct gpio_reg *reg)
{
	return reg->kind <= REG_PULL || reg->kind == REG_OUTPUT || reg->kind == REG_LOCK;
}

/** A width that the manual forbids is a sin, then does what the bus does. */
static void port_check_width(const struct gpio_port *port, const struct gpio_reg *reg,
	unsigned int width_bytes)
{
	if (!(layout.access_bytes & width_bytes))
		sim_sin("gpio_access_width", "port %s register %s accessed by %u bytes", port->name,
			reg->name, width_bytes);
}

static enum sim_access port_read(void *ctx, uint32_t offset, unsigned int width_bytes,
	uint32_t *value)
{
	struct gpio_port *port = ctx;
	const struct gpio_reg *reg = port->reg_at[offset / 4];

	*value = 0;
	if (!reg || !sim_clock_gate_on(port->clock_addr, port->clock_bit))
		return SIM_OK;
	*value = port_read_reg(port, reg);
	if (width_bytes == 4)
		return SIM_OK;
	port_check_width(port, reg, width_bytes);
	*value >>= 8 * (offset & 3);
	*value &= (1U << (8 * width_bytes)) - 1;
	return SIM_OK;
}

/** Place the bytes of a narrow write into the register's word. */
static uint32_t port_widen(struct gpio_port *port, const struct gpio_reg *reg, uint32_t offset,
	unsigned int width_bytes, uint32_t value)
{
	uint32_t mask = (1U << (8 * width_bytes)) - 1;
	unsigned int shift = 8 * (offset & 3);

	port_check_width(port, reg, width_bytes);
	value &= mask;
	if (layout.narrow_write_duplicates)
		return value * (width_bytes == 1 ? 0x01010101U : 0x00010001U);
	if (!reg_holds_state(reg))
		return value << shift;
	return (port_read_reg(port, reg) & ~(mask << shift)) | (value << shift);
}

static enum sim_access port_write(void *ctx, uint32_t offset, unsigned int width_bytes,
	uint32_t value)
{
	struct gpio_port *port = ctx;
	const struct gpio_reg *reg = port->reg_at[offset / 4];

	if (!reg || !sim_clock_gate_on(port->clock_addr, port->clock_bit))
		return SIM_OK;
	if (width_bytes != 4)
		value = port_widen(port, reg, offset, width_bytes, value);
	port_write_reg(port, reg, value);
	return SIM_OK;
}

static void port_reset(void *ctx)
{
	struct gpio_port *port = ctx;

	port->locked = 0;
	port->lock_step = 0;
	port->lock_seen = 0;
	memcpy(port->value, port->reset_value, sizeof(port->value));
	port->odr = 0;
	if (layout.index_of[REG_OUTPUT] >= 0)
		port->odr = port->reset_value[layout.index_of[REG_OUTPUT]];
	for (unsigned int i = 0; i < PORT_PINS; i++)
		if (port->pins[i].net)
			pin_configure(port, i);
}

/* ---- rows ---------------------------------------------------------------- */

static int find_name(const char *const *names, unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int gpio_pull_by_name(const char *name)
{
	static const char *const names[] = {
		[SIM_PULL_NONE] = "none", [SIM_PULL_UP] = "up", [SIM_PULL_DOWN] = "down",
	};

	return find_name(names, 3, name);
}

uint32_t gpio_row_number(const json_t *value)
{
	if (json_is_string(value))
		return strtoul(json_string_value(value), NULL, 0);
	return json_integer_value(value);
}

int gpio_row_error(const char *what, const char *detail)
{
	fprintf(stderr, "simboard: gpio row: %s: %s\n", what, detail);
	return -1;
}

static int reg_parse_values(struct gpio_reg *reg, const json_t *values)
{
	size_t index;
	json_t *value;

	json_array_foreach(values, index, value) {
		const char *name = json_string_value(value);
		int found = -1;

		if (name && reg->kind == REG_MODE)
			found = find_name(pin_mode_names, PIN_MODES, name);
		else if (name && reg->kind == REG_PULL)
			found = gpio_pull_by_name(name);
		if (found < 0 || index >= sizeof(reg->values))
			return gpio_row_error("value not known in register", reg->name);
		reg->values[index] = found;
	}
	if ((reg->kind == REG_MODE || reg->kind == REG_PULL)
			&& json_array_size(values) != 1U << reg->field_bits)
		return gpio_row_error("not one value for each code of the field", reg->name);
	return 0;
}

static int reg_parse(struct gpio_reg *reg, const json_t *row)
{
	json_error_t error;
	const char *name, *kind;
	json_t *offset, *reset = NULL, *values = NULL;
	const char *of = "";
	int bits = 0, first_pin = 0, read_only = 0, found;

	if (json_unpack_ex((json_t *)row, &error, 0, "{s:s,s:o,s:s,s?i,s?i,s?o,s?o,s?s,s?b!}",
			"name", &name, "offset", &offset, "kind", &kind, "bits", &bits,
			"first_pin", &first_pin, "values", &values, "reset", &reset, "of", &of,
			"read_only", &read_only))
		return gpio_row_error("register", error.text);
	snprintf(reg->name, sizeof(reg->name), "%s", name);
	found = find_name(reg_kind_names, REG_KINDS, kind);
	if (found < 0)
		return gpio_row_error("register kind not known", kind);
	if (bits < 0 || bits > 4 || first_pin < 0 || first_pin >= PORT_PINS)
		return gpio_row_error("field out of range in register", name);
	reg->kind = found;
	reg->offset = gpio_row_number(offset);
	reg->field_bits = bits;
	reg->first_pin = first_pin;
	reg->reset = gpio_row_number(reset);
	reg->read_only = read_only;
	snprintf(reg->of, sizeof(reg->of), "%s", of);
	if (reg->offset % 4 || reg->offset >= PORT_BYTES)
		return gpio_row_error("offset out of range in register", name);
	return reg_parse_values(reg, values);
}

static int layout_parse(const json_t *registers, const json_t *access_bytes)
{
	size_t index;
	json_t *row;

	memset(layout.index_of, -1, sizeof(layout.index_of));
	layout.num_regs = 0;
	json_array_foreach(registers, index, row) {
		if (index >= MAX_REGISTERS)
			return gpio_row_error("too many registers", "32 at most");
		memset(&layout.regs[index], 0, sizeof(layout.regs[index]));
		if (reg_parse(&layout.regs[index], row))
			return -1;
		layout.index_of[layout.regs[index].kind] = index;
		layout.num_regs++;
	}
	for (unsigned int i = 0; i < layout.num_regs; i++)
		if ((layout.regs[i].kind == REG_SET_BITS || layout.regs[i].kind == REG_CLEAR_BITS)
				&& !reg_by_name(layout.regs[i].of))
			return gpio_row_error("\"of\" names no register in", layout.regs[i].name);
	layout.access_bytes = 0;
	json_array_foreach(access_bytes, index, row)
		layout.access_bytes |= json_integer_value(row);
	return 0;
}

static int port_parse_reset(struct gpio_port *port, json_t *reset)
{
	const char *name;
	json_t *value;
	unsigned int i;

	for (i = 0; i < layout.num_regs; i++)
		port->reset_value[i] = layout.regs[i].reset;
	json_object_foreach(reset, name, value) {
		for (i = 0; i < layout.num_regs; i++)
			if (!strcmp(layout.regs[i].name, name))
				break;
		if (i == layout.num_regs)
			return gpio_row_error("reset value of a register that is not listed", name);
		port->reset_value[i] = gpio_row_number(value);
	}
	return 0;
}

static struct gpio_pin *find_pin(const char *name)
{
	for (unsigned int p = 0; p < num_ports; p++)
		for (unsigned int i = 0; i < PORT_PINS; i++)
			if (ports[p].pins[i].net && !strcmp(sim_net_name(ports[p].pins[i].net), name))
				return &ports[p].pins[i];
	return NULL;
}

int gpio_claim(const char *name, bool claimed, enum sim_pull pull)
{
	struct gpio_pin *pin = find_pin(name);

	if (!pin)
		return gpio_row_error("no such pin to claim", name);
	pin->claimed = claimed;
	pin->claim_pull = pull;
	pin_configure(pin->port, pin - pin->port->pins);
	return 0;
}

static int mark_debug_pins(const json_t *names)
{
	size_t index;
	json_t *name;

	json_array_foreach(names, index, name) {
		struct gpio_pin *pin = find_pin(json_string_value(name));

		if (!pin)
			return gpio_row_error("no such debug pin", json_string_value(name));
		pin->debug = true;
	}
	return 0;
}

static int port_parse_supply(struct gpio_port *port, json_t *supply)
{
	json_error_t error;
	json_t *addr, *pins;
	int bit;

	port->powered = ~0U;
	if (!supply)
		return 0;
	if (json_unpack_ex(supply, &error, 0, "{s:o,s:i,s:o!}", "addr", &addr, "bit", &bit,
			"pins", &pins))
		return gpio_row_error("supply", error.text);
	port->supply_addr = gpio_row_number(addr);
	port->supply_bit = bit;
	port->supplied = gpio_row_number(pins);
	port->powered = ~port->supplied;
	return 0;
}

static int port_parse(struct gpio_port *port, const json_t *row)
{
	json_error_t error;
	const char *name;
	json_t *base, *pins = NULL, *clock_addr, *reset = NULL, *supply = NULL;
	int clock_bit;

	if (json_unpack_ex((json_t *)row, &error, 0, "{s:s,s:o,s?o,s:{s:o,s:i!},s?o,s?o!}",
			"name", &name, "base", &base, "pins", &pins, "clock", "addr", &clock_addr,
			"bit", &clock_bit, "reset", &reset, "supply", &supply))
		return gpio_row_error("port", error.text);
	memset(port, 0, sizeof(*port));
	snprintf(port->name, sizeof(port->name), "%s", name);
	port->layout = &layout;
	port->clock_addr = gpio_row_number(clock_addr);
	port->clock_bit = clock_bit;
	port->pins_mask = pins ? gpio_row_number(pins) : 0xffff;
	port->device.name = port->name;
	port->device.base = gpio_row_number(base);
	port->device.size_bytes = layout.port_bytes;
	port->device.ctx = port;
	port->device.read = port_read;
	port->device.write = port_write;
	port->device.reset = port_reset;
	for (unsigned int i = 0; i < layout.num_regs; i++)
		port->reg_at[layout.regs[i].offset / 4] = &layout.regs[i];
	return port_parse_supply(port, supply) ? -1 : port_parse_reset(port, reset);
}

static void port_connect(struct gpio_port *port)
{
	for (unsigned int i = 0; i < PORT_PINS; i++) {
		struct gpio_pin *pin = &port->pins[i];
		char net_name[16];

		if (!(port->pins_mask & (1U << i)))
			continue;
		snprintf(net_name, sizeof(net_name), "P%s%u", port->name, i);
		pin->port = port;
		pin->bit = 1U << i;
		pin->net = sim_net_get(net_name);
		pin->driver = sim_net_attach(pin->net, "mcu");
		if (sim_net_level(pin->net, 0, NULL) == SIM_H)
			port->levels |= pin->bit;
		sim_net_watch(pin->net, pin_level_changed, pin);
	}
	port->watched_at = ~0U;
	port_reset(port);
	port->written = 0;
}

/* ---- report -------------------------------------------------------------- */

static json_t *port_pin_names(uint32_t (*select)(const struct gpio_port *port))
{
	json_t *list = json_array();

	for (unsigned int p = 0; p < num_ports; p++) {
		uint32_t mask = select(&ports[p]);

		for (unsigned int i = 0; i < PORT_PINS; i++)
			if (mask & (1U << i))
				json_array_append_new(list, json_string(sim_net_name(ports[p].pins[i].net)));
	}
	return list;
}

static uint32_t select_written(const struct gpio_port *port)
{
	return port->written;
}

static uint32_t select_unlike_mark(const struct gpio_port *port)
{
	uint32_t mask = (port->odr ^ port->marked_odr) & port->pins_mask;

	for (unsigned int i = 0; i < PORT_PINS; i++)
		if (port->pins[i].net && port->pins[i].mode != port->pins[i].marked_mode)
			mask |= port->pins[i].bit;
	return mask;
}

/** Pins that no chip watches but that were touched all the same. */
static uint32_t select_foreign_written(const struct gpio_port *port)
{
	uint32_t mask = port->written;

	for (unsigned int i = 0; i < PORT_PINS; i++)
		if (port->pins[i].net && sim_net_chip_role(port->pins[i].net))
			mask &= ~port->pins[i].bit;
	return mask;
}

static json_t *gpio_report(void *ctx)
{
	json_t *registers = json_object();

	(void)ctx;
	for (unsigned int p = 0; p < num_ports; p++) {
		json_t *values = json_object();

		for (unsigned int i = 0; i < layout.num_regs; i++) {
			const struct gpio_reg *reg = &layout.regs[i];
			uint32_t value = reg->kind == REG_INPUT ? ports[p].levels & ports[p].readable
				: port_read_reg(&ports[p], reg);
			char text[12];

			snprintf(text, sizeof(text), "0x%08x", value);
			json_object_set_new(values, reg->name, json_string(text));
		}
		json_object_set_new(registers, ports[p].name, values);
	}
	return json_pack("{s:o,s:o,s:o,s:o}", "ports", registers,
		"pins_written", port_pin_names(select_written),
		"foreign_written", port_pin_names(select_foreign_written),
		"unlike_mark", port_pin_names(select_unlike_mark));
}

void sim_gpio_mark(void)
{
	for (unsigned int p = 0; p < num_ports; p++) {
		ports[p].marked_odr = ports[p].odr;
		for (unsigned int i = 0; i < PORT_PINS; i++)
			ports[p].pins[i].marked_mode = ports[p].pins[i].mode;
	}
}

int sim_gpio_create(const json_t *gpio_row)
{
	json_error_t error;
	json_t *registers, *port_rows, *access_bytes, *row, *debug_pins = NULL, *claims = NULL;
	const char *source;
	const struct sim_fault *fault = sim_fault_get("afpin");
	int duplicates = 0, delay_cycles, port_bytes = PORT_BYTES;
	size_t index;

	if (json_unpack_ex((json_t *)gpio_row, &error, 0, "{s:s,s:i,s?i,s:o,s?b,s:o,s:o,s?o,s?o!}",
			"source", &source, "input_delay_cycles", &delay_cycles,
			"port_bytes", &port_bytes,
			"access_bytes", &access_bytes, "narrow_write_duplicates", &duplicates,
			"registers", &registers, "ports", &port_rows, "debug_pins", &debug_pins,
			"pin_claims", &claims))
		return gpio_row_error("top", error.text);
	if (fault)
		alternate_level = sim_fault_param(fault, "level", 0) != 0 ? SIM_H : SIM_L;
	if (port_bytes <= 0 || port_bytes > PORT_BYTES)
		return gpio_row_error("port_bytes", "1 to 1024");
	layout.port_bytes = port_bytes;
	layout.input_delay_cycles = delay_cycles;
	layout.narrow_write_duplicates = duplicates;
	if (layout_parse(registers, access_bytes))
		return -1;
	if (json_array_size(port_rows) > MAX_PORTS)
		return gpio_row_error("too many ports", "16 at most");

	num_ports = 0;
	json_array_foreach(port_rows, index, row) {
		if (port_parse(&ports[index], row))
			return -1;
		port_connect(&ports[index]);
		sim_bus_add(&ports[index].device);
		num_ports++;
	}
	if ((claims && gpio_claims_create(claims)) || mark_debug_pins(debug_pins))
		return -1;
	sim_gates_watch(follow_supplies);
	sim_gpio_mark();
	sim_report_add("gpio", gpio_report, NULL);
	return 0;
}
