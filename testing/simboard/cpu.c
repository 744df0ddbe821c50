/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The processor: Unicorn behind a small interface. Instructions, cycles,
 * breakpoints, and which access faulted are found here; exceptions, sleep and
 * debug states are core.c's.
 *
 * Unicorn 2.0.1 needs some care. The mode flag for M-profile pins the model
 * to a Cortex-M33, so the mode is plain Thumb and the model is set. One code
 * hook is always there and every run is without an instruction count: mixing
 * the two leaves blocks behind that cannot be stopped. A stop asked for inside
 * an access would repeat the instruction, so it waits for the next one.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "core.h"

/* translated code is known by lines of 64 bytes, so that data beside the code
 * can change without a new translation */
#define LINE_BITS 6
#define PRIVATE_BUS 0xE0000000u
#define MAX_MEMORIES 16
#define MAX_BREAKPOINTS 8
#define MAX_WATCHPOINTS 4
#define BRANCH_TO_SELF 0xE7FE
/* an address that no run reaches: odd */
#define NO_END 0xFFFFFFFFull
/* EXC_RETURN (ARMv7-M ARM DDI0403E, B1.5.8) */
#define FIRST_EXC_RETURN 0xFFFFFFE0u

static const struct core_type core_types[] = {
	/* CPUID and debug identification: the TRMs named in cycles.c; r0p0 M0,
	 * r0p1 M0+, r1p1 M3 and r0p1 M4 as ST uses them. M7 and M33 run as an M4
	 * without bit-band; OpenOCD is told r1p1 M7 (what stm32h7x.cfg serves), and M4
	 * for an M33, whose v8-M debug registers are not here. */
	{ "m0", UC_CPU_ARM_CORTEX_M0, 0x410CC200, 0x04770021, 0x0BB11477, 4, 2, 1024,
		true, false, false, false },
	{ "m0plus", UC_CPU_ARM_CORTEX_M0, 0x410CC601, 0x04770031, 0x0BC11477, 4, 2, 1024,
		true, false, true, false },
	{ "m3", UC_CPU_ARM_CORTEX_M3, 0x411FC231, 0x14770011, 0x1BA01477, 6, 4, 4096,
		false, false, false, true },
	{ "m4", UC_CPU_ARM_CORTEX_M4, 0x410FC241, 0x24770011, 0x2BA01477, 6, 4, 4096,
		false, true, false, true },
	{ "m7", UC_CPU_ARM_CORTEX_M4, 0x411FC271, 0x84770001, 0x6BA02477, 8, 4, 1024,
		false, true, false, false },
	{ "m33", UC_CPU_ARM_CORTEX_M4, 0x410FC241, 0x84770001, 0x0BE12477, 8, 4, 1024,
		false, true, false, false },
};

struct code_memory {
	const struct sim_memory *memory;
	uint8_t *line_ran;
};

struct breakpoint {
	uint32_t addr;
	unsigned int mask;
};

/* functions: bit 0 loads, bit 1 stores; 0 is off */
struct watchpoint {
	uint32_t addr;
	uint32_t ignore_mask;
	unsigned int functions;
	bool matched;
};

/* a store that Unicorn must not have the last word on: what is to stay there */
struct store_fix {
	uint8_t *bytes;
	unsigned int width_bytes;
	uint32_t value;
};

static struct {
	uc_engine *uc;
	const struct core_type *type;
	struct code_memory memories[MAX_MEMORIES];
	size_t memory_count;

	uint32_t pc;
	uint64_t cycles;
	uint64_t limit;
	uint64_t instructions;
	int64_t steps_left; /* negative: no limit */

	/* the instruction in hand */
	uint32_t next_pc;
	uint8_t taken_extra;
	uint8_t first_access;
	uint8_t accesses;
	uint8_t last_flags;
	uint64_t start;
	bool accessing;

	/* where the code is */
	uint32_t code_base;
	uint32_t code_size;
	const uint8_t *code_bytes;
	uint8_t *code_line_ran;

	struct breakpoint breakpoints[MAX_BREAKPOINTS];
	bool any_breakpoint;
	struct watchpoint watchpoints[MAX_WATCHPOINTS];
	bool any_watchpoint;
	bool watch_hit;
	bool break_soon;
	bool watch_masks;
	bool stopped;
	bool at_special;
	enum cpu_stop stop;
	struct cpu_fault fault;
	struct store_fix store_fix;
	uint32_t io_base;
	uint32_t io_size;
	uint64_t unwritten_reads;
	bool skip_waits;
	bool running;            /* Unicorn is */
	bool mpu_on;
	bool unprivileged;       /* CONTROL.nPRIV; Unicorn does not know it */
	bool pushing;            /* the instruction in hand stores below SP */
	uint32_t resumed_sp;     /* at the first instruction after a halt */
	uint32_t deepest_bytes;  /* below resumed_sp */
} cpu;

const struct core_type *core_type_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(core_types); i++) {
		if (strcmp(core_types[i].name, name) == 0)
			return &core_types[i];
	}
	fprintf(stderr, "no core type '%s', try m0, m0plus, m3, m4, m7 or m33\n", name);
	return NULL;
}

/* ---- registers ---- */

static int unicorn_reg(unsigned int reg)
{
	static const int special[] = {
		[CPU_XPSR] = UC_ARM_REG_XPSR,
		[CPU_MSP] = UC_ARM_REG_MSP,
		[CPU_PSP] = UC_ARM_REG_PSP,
		[CPU_PRIMASK] = UC_ARM_REG_PRIMASK,
		[CPU_BASEPRI] = UC_ARM_REG_BASEPRI,
		[CPU_FAULTMASK] = UC_ARM_REG_FAULTMASK,
		[CPU_CONTROL] = UC_ARM_REG_CONTROL,
		[CPU_FPSCR] = UC_ARM_REG_FPSCR,
	};

	if (reg < CPU_SP)
		return UC_ARM_REG_R0 + reg;
	if (reg == CPU_SP)
		return UC_ARM_REG_SP;
	if (reg == CPU_LR)
		return UC_ARM_REG_LR;
	if (reg >= CPU_S0)
		return UC_ARM_REG_S0 + (reg - CPU_S0);
	return special[reg];
}

bool cpu_is_privileged(void)
{
	return core_ipsr() || !cpu.unprivileged;
}

uint32_t cpu_get(unsigned int reg)
{
	uint32_t value = 0;

	if (reg == CPU_PC)
		return cpu.pc;
	uc_reg_read(cpu.uc, unicorn_reg(reg), &value);
	if (reg == CPU_CONTROL)
		value |= cpu.unprivileged;
	return value;
}

void cpu_set(unsigned int reg, uint32_t value)
{
	if (!cpu.running)
		repeat_forget();
	if (reg == CPU_PC) {
		cpu.pc = value & ~1u;
		cpu.next_pc = cpu.pc;
		cpu.taken_extra = 0;
		cpu.last_flags = 0;
		return;
	}
	if (reg == CPU_CONTROL) {
		cpu.unprivileged = value & 1;
		value &= ~1u;
	}
	uc_reg_write(cpu.uc, unicorn_reg(reg), &value);
}

/* ---- code ---- */

void cpu_code_changed(uint32_t addr, uint32_t size_bytes)
{
	for (size_t i = 0; i < cpu.memory_count; i++) {
		const struct sim_memory *m = cpu.memories[i].memory;
		if (addr - m->base >= m->size_bytes || !size_bytes)
			continue;
		uint32_t last = (addr - m->base + size_bytes - 1) >> LINE_BITS;
		for (uint32_t line = (addr - m->base) >> LINE_BITS; line <= last; line++) {
			if (!cpu.memories[i].line_ran[line])
				continue;
			cpu.memories[i].line_ran[line] = 0;
			repeat_forget();
			uint64_t start = m->base + (line << LINE_BITS);
			uc_ctl_remove_cache(cpu.uc, start, start + (1u << LINE_BITS));
		}
	}
}

static bool find_code(uint32_t pc)
{
	for (size_t i = 0; i < cpu.memory_count; i++) {
		const struct sim_memory *m = cpu.memories[i].memory;
		if (pc - m->base >= m->size_bytes)
			continue;
		cpu.code_base = m->base;
		cpu.code_size = m->size_bytes;
		cpu.code_bytes = m->bytes;
		cpu.code_line_ran = cpu.memories[i].line_ran;
		return true;
	}
	return false;
}

static uint16_t halfword_at(uint32_t pc)
{
	uint16_t value = 0;

	if (pc - cpu.code_base < cpu.code_size || find_code(pc))
		memcpy(&value, cpu.code_bytes + (pc - cpu.code_base), 2);
	return value;
}

void cpu_breakpoint_set(unsigned int slot, uint32_t addr, unsigned int mask)
{
	cpu.breakpoints[slot] = (struct breakpoint){ addr, mask };
	cpu.any_breakpoint = false;
	for (size_t i = 0; i < MAX_BREAKPOINTS; i++)
		cpu.any_breakpoint |= cpu.breakpoints[i].mask != 0;
}

static bool is_breakpoint(uint32_t pc)
{
	for (size_t i = 0; i < MAX_BREAKPOINTS; i++) {
		const struct breakpoint *b = &cpu.breakpoints[i];
		if (((b->mask & 1) && b->addr == pc) || ((b->mask & 2) && b->addr + 2 == pc))
			return true;
	}
	return false;
}

void cpu_watchpoint_set(unsigned int slot, uint32_t addr, uint32_t ignore_mask,
		unsigned int functions)
{
	cpu.watchpoints[slot] = (struct watchpoint){ addr, ignore_mask, functions, false };
	cpu.any_watchpoint = false;
	for (size_t i = 0; i < MAX_WATCHPOINTS; i++)
		cpu.any_watchpoint |= cpu.watchpoints[i].functions != 0;
}

bool cpu_watchpoint_matched(unsigned int slot)
{
	bool matched = cpu.watchpoints[slot].matched;

	cpu.watchpoints[slot].matched = false;
	return matched;
}

static void watch(uint32_t addr, unsigned int width_bytes, unsigned int function)
{
	for (size_t i = 0; i < MAX_WATCHPOINTS; i++) {
		struct watchpoint *w = &cpu.watchpoints[i];
		/* the range watched and the access overlap */
		uint32_t first = w->addr & ~w->ignore_mask;
		uint32_t last = first | w->ignore_mask;
		if (!(w->functions & function) || addr > last || addr + width_bytes - 1 < first)
			continue;
		w->matched = true;
		cpu.watch_hit = true;
		cpu.break_soon = true;
	}
}

/* ---- hooks ---- */

static void stop_with(enum cpu_stop stop)
{
	if (!cpu.stopped)
		cpu.stop = stop;
	cpu.stopped = true;
	uc_emu_stop(cpu.uc);
}

static void stop_with_fault(enum cpu_fault_kind kind, uint32_t addr)
{
	if (cpu.fault.kind == FAULT_NONE)
		cpu.fault = (struct cpu_fault){ kind, addr };
	stop_with(CPU_FAULT);
}

/** Unicorn stores the core's own value after the hook: put back what the flash
 * controller made of it, or what the MPU protects. */
static void finish_store(void)
{
	memcpy(cpu.store_fix.bytes, &cpu.store_fix.value, cpu.store_fix.width_bytes);
	cpu.store_fix.bytes = NULL;
}

static bool must_stop_before(uint32_t pc)
{
	if (cpu.any_breakpoint && cpu.steps_left != 0 && is_breakpoint(pc))
		stop_with(CPU_BREAKPOINT);
	else if (cpu.watch_hit)
		stop_with(CPU_WATCHPOINT);
	else if (cpu.break_soon)
		stop_with(CPU_ASKED);
	else if (cpu.cycles >= cpu.limit || cpu.steps_left == 0)
		stop_with(CPU_BUDGET);
	else
		return false;
	return true;
}

/** A branch to itself does nothing until the limit: count the rounds at once. */
static void skip_endless_loop(unsigned int round_cycles)
{
	if (cpu.steps_left >= 0 || cpu.limit <= cpu.cycles)
		return;
	uint64_t rounds = (cpu.limit - cpu.cycles) / round_cycles;
	cpu.cycles += rounds * round_cycles;
	cpu.instructions += rounds;
}

static struct cycle_cost account(uint32_t pc)
{
	uint16_t first = halfword_at(pc);
	bool wide = first >= 0xE800;
	struct cycle_cost cost = wide ? cycles_of32(first, halfword_at(pc + 2)) : cycles_costs16[first];

	if ((cost.flags & CYCLE_MASKS) && !cpu_is_privileged())
		cost.flags |= CYCLE_SPECIAL;
	if (cost.flags & (CYCLE_UNDEFINED | CYCLE_SPECIAL))
		return cost;
	if ((cost.flags & (CYCLE_LOAD | CYCLE_STORE)) && (cpu.last_flags & CYCLE_LOAD))
		cost.cycles--;
	cpu.start = cpu.cycles;
	cpu.first_access = cost.cycles > 1;
	cpu.accesses = 0;
	cpu.cycles += cost.cycles;
	cpu.taken_extra = cost.taken_extra;
	cpu.next_pc = pc + (wide ? 4 : 2);
	cpu.pushing = (first & 0xFE00) == 0xB400 || first == 0xE92D;
	cpu.last_flags = cost.flags;
	cpu.instructions++;
	if (cpu.steps_left > 0)
		cpu.steps_left--;
	if (first == BRANCH_TO_SELF)
		skip_endless_loop(cost.cycles);
	return cost;
}

/** A translated block is about to run, or at least its first instruction. */
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
	uint32_t pc = address;

	if (pc - cpu.code_base >= cpu.code_size && !find_code(pc))
		return;
	uint32_t first = (pc - cpu.code_base) >> LINE_BITS;
	uint32_t last = (pc - cpu.code_base + size) >> LINE_BITS;
	if (last > (cpu.code_size - 1) >> LINE_BITS)
		last = (cpu.code_size - 1) >> LINE_BITS;
	for (uint32_t line = first; line <= last; line++)
		cpu.code_line_ran[line] = 1;
}

static bool mpu_permits(uint32_t addr, enum mpu_access access)
{
	unsigned int exception = core_ipsr();

	return mpu_allows(addr, access, cpu_is_privileged(), exception == 2 || exception == 3);
}

/** At the head of a loop, perhaps: rounds that are known already are left out. */
static void leave_out_rounds(uint32_t pc)
{
	struct repeat_round round = { cpu.cycles, cpu.instructions };

	if (cpu.steps_left >= 0 || cpu.any_watchpoint || cpu.any_breakpoint || cpu.break_soon)
		return;
	const uint64_t rounds = poll_again.seen ? repeat_poll_rounds(pc, &round, cpu.limit) :
		repeat_wait_rounds(pc, &round, cpu.limit);
	if (!rounds)
		return;
	cpu.cycles += rounds * round.cycles;
	cpu.instructions += rounds * round.instructions;
}

static void on_code(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
	uint32_t pc = address;
	bool is_head = cpu.skip_waits && (pc < cpu.next_pc || poll_again.seen);

	if (cpu.store_fix.bytes)
		finish_store();
	if (pc != cpu.next_pc) {
		cpu.cycles += cpu.taken_extra;
		cpu.next_pc = pc;
	}
	cpu.taken_extra = 0;
	if (is_head)
		leave_out_rounds(pc);
	if (must_stop_before(pc))
		return;
	if (pc - cpu.code_base >= cpu.code_size && !find_code(pc)) {
		stop_with_fault(FAULT_FETCH, pc);
		return;
	}
	if (cpu.mpu_on && !mpu_permits(pc, MPU_FETCH)) {
		stop_with_fault(FAULT_MPU_FETCH, pc);
		return;
	}
	struct cycle_cost cost = account(pc);
	if (cost.flags & CYCLE_UNDEFINED) {
		stop_with_fault(FAULT_UNDEFINED, pc);
	} else if (cost.flags & CYCLE_SPECIAL) {
		cpu.at_special = true;
		stop_with(CPU_ASKED);
	} else if ((cost.flags & CYCLE_MASKS) && cpu.watch_masks) {
		cpu.break_soon = true;
	}
}

/* numbers that Unicorn gives to processor exceptions */
enum { INTR_PREFETCH_ABORT = 3, INTR_DATA_ABORT = 4, INTR_INVSTATE = 18 };

static void on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
	if (number == INTR_DATA_ABORT)
		stop_with_fault(FAULT_UNALIGNED, 0);
	else if (number == INTR_PREFETCH_ABORT)
		stop_with(CPU_EXCEPTION_RETURN);
	else if (number == INTR_INVSTATE)
		stop_with_fault(FAULT_INVSTATE, 0);
	else
		stop_with_fault(FAULT_UNDEFINED, 0);
}

static bool on_unmapped(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
		int64_t value, void *user)
{
	if (cpu.fault.kind != FAULT_NONE)
		return false;
	if (type == UC_MEM_WRITE_UNMAPPED)
		cpu.fault = (struct cpu_fault){ FAULT_BUS_WRITE, address };
	else if (type == UC_MEM_READ_UNMAPPED)
		cpu.fault = (struct cpu_fault){ FAULT_BUS_READ, address };
	else
		cpu.fault = (struct cpu_fault){ FAULT_FETCH, address };
	return false;
}

static bool on_flash_store(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
		int64_t value, void *user)
{
	struct sim_memory *memory = bus_memory_at(address);
	uint32_t offset = address - memory->base;

	cpu.accessing = true;
	enum sim_access done = memory->write ?
		memory->write(memory->ctx, offset, size, value) : SIM_FAULT;
	cpu.accessing = false;
	if (done != SIM_OK) {
		if (cpu.fault.kind == FAULT_NONE)
			cpu.fault = (struct cpu_fault){ FAULT_BUS_WRITE, address };
		return false;
	}
	cpu.store_fix.bytes = memory->bytes + offset;
	cpu.store_fix.width_bytes = size;
	memcpy(&cpu.store_fix.value, cpu.store_fix.bytes, size);
	return true;
}

static void begin_access(uint32_t addr)
{
	/* M0+ reaches its I/O port in the first cycle (DDI 0484C, 3.3) */
	if (cpu.type->single_cycle_io && !cpu.accesses && cpu.first_access
			&& addr - cpu.io_base < cpu.io_size) {
		cpu.first_access = 0;
		cpu.cycles--;
	}
	cpu.accessing = true;
}

static void end_access(enum sim_access done, enum cpu_fault_kind kind, uint32_t addr)
{
	cpu.accessing = false;
	cpu.accesses++;
	if (done != SIM_OK)
		stop_with_fault(kind, addr);
}

/** May the core touch this register? If not, the fault is noted. */
static bool device_is_open(uint32_t addr, enum mpu_access access)
{
	if (cpu.mpu_on && !mpu_permits(addr, access)) {
		stop_with_fault(FAULT_MPU_DATA, addr);
		return false;
	}
	/* the private peripheral bus is for privileged code */
	if (addr >= PRIVATE_BUS && !cpu_is_privileged()) {
		stop_with_fault(access == MPU_WRITE ? FAULT_BUS_WRITE : FAULT_BUS_READ, addr);
		return false;
	}
	return true;
}

static uint64_t on_device_read(uc_engine *uc, uint64_t offset, unsigned int size, void *user)
{
	uint32_t addr = (uintptr_t)user + offset;
	uint32_t value = 0;

	if (cpu.fault.kind != FAULT_NONE)
		return 0;
	if (!device_is_open(addr, MPU_READ))
		return 0;
	if (cpu.any_watchpoint)
		watch(addr, size, 1);
	begin_access(addr);
	enum sim_access done = bus_device_read(addr, size, &value);
	end_access(done, FAULT_BUS_READ, addr);
	repeat_note_device(addr, value, false);
	return value;
}

static void on_device_write(uc_engine *uc, uint64_t offset, unsigned int size, uint64_t value,
		void *user)
{
	uint32_t addr = (uintptr_t)user + offset;

	if (cpu.fault.kind != FAULT_NONE)
		return;
	if (!device_is_open(addr, MPU_WRITE))
		return;
	if (cpu.any_watchpoint)
		watch(addr, size, 2);
	begin_access(addr);
	enum sim_access done = bus_device_write(addr, size, value);
	end_access(done, FAULT_BUS_WRITE, addr);
	repeat_note_device(addr, value, true);
}

static void on_ram_write(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
		int64_t value, void *user)
{
	struct sim_memory *memory = user;

	if (cpu.mpu_on && !mpu_permits(address, MPU_WRITE)) {
		/* Unicorn stores all the same: take it back */
		cpu.store_fix.bytes = memory->bytes + (address - memory->base);
		cpu.store_fix.width_bytes = size;
		memcpy(&cpu.store_fix.value, cpu.store_fix.bytes, size);
		stop_with_fault(FAULT_MPU_DATA, address);
		return;
	}
	if (cpu.any_watchpoint)
		watch(address, size, 2);
	if (cpu.pushing && cpu.resumed_sp - (uint32_t)address > cpu.deepest_bytes
			&& address < cpu.resumed_sp)
		cpu.deepest_bytes = cpu.resumed_sp - address;
	if (address - memory->base + size > memory->size_bytes)
		return;
	repeat_note_ram(memory->bytes + (address - memory->base), address, size, value);
	memset(memory->marks + (address - memory->base), MARK_WRITTEN | MARK_CORE_WROTE, size);
}

static void on_ram_read(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
		int64_t value, void *user)
{
	struct sim_memory *memory = user;

	if (cpu.mpu_on && !mpu_permits(address, MPU_READ)) {
		stop_with_fault(FAULT_MPU_DATA, address);
		return;
	}
	if (cpu.any_watchpoint)
		watch(address, size, 1);
	repeat_note_read(address);
	if (address - memory->base < memory->size_bytes && !memory->marks[address - memory->base])
		cpu.unwritten_reads++;
}

/* ---- set-up ---- */

static int check(uc_err error, const char *what)
{
	if (error == UC_ERR_OK)
		return 0;
	fprintf(stderr, "unicorn: %s: %s\n", what, uc_strerror(error));
	return -1;
}

int cpu_create(const struct core_type *type)
{
	static uc_hook hooks[5];

	cpu.type = type;
	cpu.steps_left = -1;
	cycles_create(type);
	if (check(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &cpu.uc), "open")
			|| check(uc_ctl_set_cpu_model(cpu.uc, type->unicorn_model), "set the model"))
		return -1;
	if (check(uc_hook_add(cpu.uc, &hooks[0], UC_HOOK_CODE, on_code, NULL, 1, 0), "hook")
			|| check(uc_hook_add(cpu.uc, &hooks[1], UC_HOOK_INTR, on_interrupt, NULL, 1, 0), "hook")
			|| check(uc_hook_add(cpu.uc, &hooks[2], UC_HOOK_MEM_UNMAPPED, on_unmapped, NULL, 1, 0),
				"hook"))
		return -1;
	if (check(uc_hook_add(cpu.uc, &hooks[4], UC_HOOK_BLOCK, on_block, NULL, 1, 0), "hook"))
		return -1;
	return check(uc_hook_add(cpu.uc, &hooks[3], UC_HOOK_MEM_WRITE_PROT, on_flash_store, NULL, 1, 0),
		"hook");
}

void cpu_destroy(void)
{
	uc_close(cpu.uc);
	for (size_t i = 0; i < cpu.memory_count; i++)
		free(cpu.memories[i].line_ran);
}

int cpu_map_memory(const struct sim_memory *memory)
{
	static uc_hook hooks[2 * MAX_MEMORIES];
	size_t i = cpu.memory_count;

	if (i == MAX_MEMORIES) {
		fprintf(stderr, "more than %d memories\n", MAX_MEMORIES);
		return -1;
	}
	bool is_ram = memory->kind == MEMORY_RAM;
	if (check(uc_mem_map_ptr(cpu.uc, memory->base, memory->size_bytes,
			is_ram ? UC_PROT_ALL : UC_PROT_READ | UC_PROT_EXEC, memory->bytes), memory->name))
		return -1;
	uint64_t end = (uint64_t)memory->base + memory->size_bytes - 1;
	if (is_ram && (check(uc_hook_add(cpu.uc, &hooks[2 * i], UC_HOOK_MEM_READ, on_ram_read,
				(void *)memory, memory->base, end), "hook")
			|| check(uc_hook_add(cpu.uc, &hooks[2 * i + 1], UC_HOOK_MEM_WRITE, on_ram_write,
				(void *)memory, memory->base, end), "hook")))
		return -1;
	cpu.memories[i].memory = memory;
	cpu.memories[i].line_ran = calloc(1, (memory->size_bytes >> LINE_BITS) + 1);
	cpu.memory_count++;
	return cpu.memories[i].line_ran ? 0 : -1;
}

int cpu_map_devices(uint32_t base, uint32_t size_bytes)
{
	return check(uc_mmio_map(cpu.uc, base, size_bytes, on_device_read, (void *)(uintptr_t)base,
		on_device_write, (void *)(uintptr_t)base), "map devices");
}

void cpu_set_io_port(uint32_t base, uint32_t size_bytes)
{
	cpu.io_base = base;
	cpu.io_size = size_bytes;
}

/* ---- running ---- */

/** The instruction at the PC is one for special.c. @returns true when the run
 * ends with it */
static bool run_special(void)
{
	uint16_t first = halfword_at(cpu.pc);

	cpu.at_special = false;
	if ((first & 0xFF00) == 0xBE00) {
		cpu.stop = CPU_BKPT;
		return true;
	}
	cpu.instructions++;
	if (cpu.steps_left > 0)
		cpu.steps_left--;
	return special_run(first, halfword_at(cpu.pc + 2), &cpu.stop);
}

static void classify_error(uc_err error)
{
	if (cpu.fault.kind != FAULT_NONE || error == UC_ERR_OK) {
		cpu.stop = cpu.fault.kind != FAULT_NONE ? CPU_FAULT : CPU_BUDGET;
		return;
	}
	cpu.stop = CPU_FAULT;
	cpu.fault = (struct cpu_fault){ FAULT_UNDEFINED, cpu.pc };
}

static void run_once(void)
{
	uint32_t pc;

	cpu.stopped = false;
	cpu.running = true;
	uc_err error = uc_emu_start(cpu.uc, cpu.pc | 1, NO_END, 0, 0);
	cpu.running = false;
	if (cpu.store_fix.bytes)
		finish_store();
	uc_reg_read(cpu.uc, UC_ARM_REG_PC, &pc);
	cpu.pc = pc & ~1u;
	if (!cpu.stopped || cpu.fault.kind != FAULT_NONE)
		classify_error(error);
	if (cpu.stop == CPU_FAULT && cpu.pc >= FIRST_EXC_RETURN)
		cpu.stop = CPU_EXCEPTION_RETURN;
	if (cpu.stop == CPU_EXCEPTION_RETURN)
		cpu.fault = (struct cpu_fault){ FAULT_FETCH, cpu.pc };
}

enum cpu_stop cpu_run(uint64_t limit_cycles)
{
	cpu.limit = limit_cycles;
	cpu.skip_waits = repeat_is_on();
	cpu.fault.kind = FAULT_NONE;
	do {
		run_once();
	} while (cpu.at_special && !run_special());
	cpu.break_soon = false;
	cpu.watch_hit = false;
	return cpu.stop;
}

enum cpu_stop cpu_step(void)
{
	cpu.steps_left = 1;
	enum cpu_stop stop = cpu_run(UINT64_MAX);
	cpu.steps_left = -1;
	return stop;
}

void cpu_watch_mpu(bool on)
{
	cpu.mpu_on = on;
}

void cpu_note_resume(void)
{
	cpu.resumed_sp = cpu_get(CPU_SP);
}

/* ---- what was touched ---- */

void cpu_marks_clear(void)
{
	cpu.deepest_bytes = 0;
	for (size_t i = 0; i < cpu.memory_count; i++) {
		const struct sim_memory *m = cpu.memories[i].memory;
		for (uint32_t offset = 0; m->marks && offset < m->size_bytes; offset++)
			m->marks[offset] &= MARK_WRITTEN;
	}
}

/** Ranges of RAM that carry a mark, gaps of less than a word closed. */
static json_t *marked_ranges(uint8_t mark)
{
	json_t *ranges = json_array();

	for (size_t i = 0; i < cpu.memory_count; i++) {
		const struct sim_memory *m = cpu.memories[i].memory;
		uint32_t size_bytes = m->marks ? m->size_bytes : 0;
		for (uint32_t start = 0; start < size_bytes; start++) {
			if (!(m->marks[start] & mark))
				continue;
			uint32_t end = start + 1;
			for (uint32_t at = end; at < size_bytes && at < end + 4; at++) {
				if (m->marks[at] & mark)
					end = at + 1;
			}
			json_array_append_new(ranges, json_pack("{s:I, s:I}", "base",
				(json_int_t)m->base + start, "size_bytes", (json_int_t)end - start));
			start = end;
		}
	}
	return ranges;
}

json_t *cpu_ram_report(void)
{
	return json_pack("{s:o, s:o, s:I}", "core_wrote", marked_ranges(MARK_CORE_WROTE),
		"host_wrote", marked_ranges(MARK_HOST_WROTE),
		"deepest_stack_bytes", (json_int_t)cpu.deepest_bytes);
}

void cpu_break_soon(void)
{
	cpu.break_soon = true;
}

void cpu_watch_masks(bool on)
{
	cpu.watch_masks = on;
}

const struct cpu_fault *cpu_last_fault(void)
{
	return &cpu.fault;
}

bool cpu_is_accessing(void)
{
	return cpu.accessing;
}

uint64_t cpu_cycles(void)
{
	return cpu.accessing ? cpu.start + cpu.first_access + cpu.accesses : cpu.cycles;
}

uint64_t cpu_instructions(void)
{
	return cpu.instructions;
}

uint64_t cpu_unwritten_reads(void)
{
	return cpu.unwritten_reads;
}

void cpu_add_cycles(unsigned int cycles)
{
	cpu.cycles += cycles;
}
