/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the rooms of the probe-and-core half of the simulated board share
 * among themselves: rows of data files, memories and devices on the bus, the
 * processor, its debug registers, the debug port. Wires and memory chips are
 * in sim.h.
 */

#ifndef SIMBOARD_CORE_H
#define SIMBOARD_CORE_H

#include "sim.h"

/* what a callback is given is fixed by Unicorn and sim.h; few use all of it */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- rows.c: the data files ---------------------------------------------- */

/** Load data/<kind>/<name>.json, or @a name itself when it is a path. */
json_t *rows_load(const char *kind, const char *name);
/** Print the names of all rows of a kind, one per line. */
int rows_list(const char *kind);
/** Number of a row: an integer or a string like "0x40023800". */
uint32_t rows_u32(const json_t *row, const char *key, uint32_t fallback);
const char *rows_text(const json_t *row, const char *key, const char *fallback);
/** Does a row have the keys it must have, and no others? @param keys like
 * "base! size name", "!" behind those that it must have. Complains on stderr. */
int rows_check(const json_t *row, const char *what, const char *keys);

/* ---- clock.c: time -------------------------------------------------------- */

/** @param fixed_hz core clock that no register changes; 0: follow the RCC */
void clock_init(uint32_t fixed_hz);
/** The RCC has switched the core clock; ignored when --mhz fixed it. */
void clock_follow_hz(uint32_t hz);
/** Somebody who wants to be called when virtual time comes. */
struct clock_event {
	const char *name;
	uint64_t due_ps; /* UINT64_MAX: never */
	void (*fire)(void *ctx);
	/* does its counter stand still while the core is halted? NULL: no */
	bool (*stops_in_debug)(void *ctx);
	void *ctx;
	uint64_t left_ps; /* while stopped */
	bool stopped;
	struct clock_event *next;
};
void clock_event_add(struct clock_event *event);
/** Change the moment of an event; the core's run is cut short if need be. */
void clock_event_set(struct clock_event *event, uint64_t due_ps);
uint64_t clock_event_left_ps(const struct clock_event *event);
/** The core was halted, or let go again. */
void clock_debug_halt(bool halted);
/** Fold the cycles executed so far into the time. */
void clock_sync(void);
/** The first moment at which an event is due, in cycles from now (at least 1). */
uint64_t clock_cycles_until(uint64_t when_ps);

/* ---- bus.c: memories and devices ------------------------------------------ */

enum memory_kind { MEMORY_RAM, MEMORY_FLASH, MEMORY_ROM };

/** Memory that the core can run from. */
struct sim_memory {
	const char *name;
	enum memory_kind kind;
	uint32_t base;
	uint32_t size_bytes;
	uint8_t *bytes;
	/* one byte per byte of RAM: see enum memory_mark */
	uint8_t *marks;
	/* flash: what a store does; NULL: a bus error */
	enum sim_access (*write)(void *ctx, uint32_t offset, unsigned int width_bytes,
			uint32_t value);
	void *ctx;
	struct sim_memory *next;
};

enum memory_mark { MARK_WRITTEN = 1, MARK_CORE_WROTE = 2, MARK_HOST_WROTE = 4 };

int bus_create(const json_t *mcu);
struct sim_memory *bus_memory_at(uint32_t addr);
struct sim_memory *bus_memory_first(void);
struct sim_device *bus_device_first(void);
/** One access by whatever master; unaligned addresses are SIM_FAULT. */
enum sim_access bus_read(uint32_t addr, unsigned int width_bytes, uint32_t *value);
enum sim_access bus_write(uint32_t addr, unsigned int width_bytes, uint32_t value);
enum sim_access bus_write_as(uint8_t mark, uint32_t addr, unsigned int width_bytes, uint32_t value);
/** Device registers only, as the core's port sees them. */
enum sim_access bus_device_read(uint32_t addr, unsigned int width_bytes, uint32_t *value);
enum sim_access bus_device_write(uint32_t addr, unsigned int width_bytes, uint32_t value);
/** The bytes of a memory changed behind the core's back. */
void bus_memory_changed(struct sim_memory *memory, uint32_t offset, uint32_t size_bytes);
void bus_reset_devices(void);
/** Load or save the internal flash. @returns 0 or -1 with a message */
int bus_flash_image_load(const char *path);
int bus_flash_image_save(const char *path);

/* ---- polls.c: what chips say of polls ---------------------------------------- */

/** The last that sim_poll_repeats() was told. */
extern struct poll_again {
	bool wanted;
	bool seen;  /* not yet looked at */
	uint64_t until_ps;
	void (*more)(void *ctx, uint64_t polls);
	void *ctx;
} poll_again;

/* ---- repeat.c: rounds of a loop that need not be executed ------------------ */

/** Cycles and instructions: of the core so far, or of a round of a loop. */
struct repeat_round {
	uint64_t cycles;
	uint64_t instructions;
};

void repeat_enable(void);
bool repeat_is_on(void);
/** This write to a device may come as often as it likes. @param count of such writes */
void repeat_ignore_write(uint32_t addr, uint32_t value, uint64_t *count);
/** Somebody else than the core changed something; a word of RAM. */
void repeat_forget(void);
void repeat_host_wrote(uint32_t addr);
/** What the core does: a load from RAM, an access to a device, or a store to RAM,
 * before it is done. */
void repeat_note_read(uint32_t addr);
void repeat_note_device(uint32_t addr, uint32_t value, bool is_write);
void repeat_note_ram(uint8_t *bytes, uint32_t addr, unsigned int width_bytes, uint32_t value);
/** The core is at the head of a loop, by a branch back or behind a poll. @param now the
 * core's counts; if rounds are left out, those of one round
 * @returns rounds to be left out: to be added to the core's counts */
uint64_t repeat_wait_rounds(uint32_t pc, struct repeat_round *now, uint64_t limit_cycles);
uint64_t repeat_poll_rounds(uint32_t pc, struct repeat_round *now, uint64_t limit_cycles);

/* ---- cpu.c: the processor (Unicorn) --------------------------------------- */

/** Core type: one row per processor that Arm licensed. */
struct core_type {
	const char *name;
	int unicorn_model;
	uint32_t cpuid;
	uint32_t ap_idr;
	uint32_t dpidr;
	unsigned int breakpoints;
	unsigned int watchpoints;
	uint32_t tar_wrap_bytes;
	bool armv6m;
	bool has_fpu;
	bool single_cycle_io;
	bool has_bitband;
};

enum cpu_stop {
	CPU_BUDGET,
	CPU_BKPT,
	CPU_BREAKPOINT,
	CPU_WATCHPOINT,
	CPU_FAULT,
	CPU_WFI,
	CPU_WFE,
	CPU_SVC,
	CPU_EXCEPTION_RETURN,
	CPU_ASKED,
};

/* R0..R15 are 0..15 */
enum cpu_reg {
	CPU_SP = 13,
	CPU_LR = 14,
	CPU_PC = 15,
	CPU_XPSR = 16,
	CPU_MSP = 17,
	CPU_PSP = 18,
	CPU_PRIMASK,
	CPU_BASEPRI,
	CPU_FAULTMASK,
	CPU_CONTROL,
	CPU_FPSCR,
	CPU_S0 = 0x40,
};

enum cpu_fault_kind {
	FAULT_NONE,
	FAULT_BUS_READ,
	FAULT_BUS_WRITE,
	FAULT_FETCH,
	FAULT_UNALIGNED,
	FAULT_UNDEFINED,
	FAULT_INVSTATE,
	FAULT_MPU_DATA,
	FAULT_MPU_FETCH,
	FAULT_DEBUG_EVENT,
	FAULT_SVC_PRIORITY,
};

struct cpu_fault {
	enum cpu_fault_kind kind;
	uint32_t addr;
};

const struct core_type *core_type_find(const char *name);

int cpu_create(const struct core_type *type);
void cpu_destroy(void);
int cpu_map_memory(const struct sim_memory *memory);
int cpu_map_devices(uint32_t base, uint32_t size_bytes);
/** Addresses that the core reaches in one cycle (M0+ I/O port). */
void cpu_set_io_port(uint32_t base, uint32_t size_bytes);
uint32_t cpu_get(unsigned int reg);
void cpu_set(unsigned int reg, uint32_t value);
/** Handlers are, the thread is unless CONTROL says no. */
bool cpu_is_privileged(void);
/** Execute until the cycle counter reaches @a limit_cycles or something stops it. */
enum cpu_stop cpu_run(uint64_t limit_cycles);
/** Execute exactly one instruction. */
enum cpu_stop cpu_step(void);
/** From inside an access of the core: return CPU_ASKED before the next
 * instruction. */
void cpu_break_soon(void);
/** The MPU was switched on or off. */
void cpu_watch_mpu(bool on);
/** What the core did to RAM and stack since the client came. */
void cpu_marks_clear(void);
json_t *cpu_ram_report(void);
/** The core is let go: stack use is counted from here. */
void cpu_note_resume(void);
/** Stop as well when the instruction could have unmasked an interrupt. */
void cpu_watch_masks(bool on);
/** @param mask bit 0: at addr, bit 1: at addr + 2; 0 switches the slot off */
void cpu_breakpoint_set(unsigned int slot, uint32_t addr, unsigned int mask);
/** Watch accesses to RAM and registers. @param ignore_mask address bits that do
 * not count, @param functions bit 0: loads, bit 1: stores */
void cpu_watchpoint_set(unsigned int slot, uint32_t addr, uint32_t ignore_mask,
		unsigned int functions);
/** @returns whether it was hit since it was last asked */
bool cpu_watchpoint_matched(unsigned int slot);
void cpu_code_changed(uint32_t addr, uint32_t size_bytes);
const struct cpu_fault *cpu_last_fault(void);
/** Is the access in hand one of the core (else the debug port's)? */
bool cpu_is_accessing(void);
/** Cycles executed; inside an access of the core, the cycle of that access. */
uint64_t cpu_cycles(void);
uint64_t cpu_instructions(void);
/** Reads of RAM that nobody had written. */
uint64_t cpu_unwritten_reads(void);
/** Time spent not executing instructions, e.g. exception entry. */
void cpu_add_cycles(unsigned int cycles);

/* special.c: instructions that Unicorn does not know well enough */

/** Execute one at the PC. @returns true and @a stop when the run ends with it */
bool special_run(uint16_t first, uint16_t second, enum cpu_stop *stop);

/* cycles.c: what an instruction costs */

enum cycle_flag {
	CYCLE_LOAD = 1,       /* single load: one less after another load or store */
	CYCLE_STORE = 2,      /* single store */
	CYCLE_SPECIAL = 4,    /* cpu.c looks at it before it runs */
	CYCLE_UNDEFINED = 8,  /* not in this core's instruction set */
	CYCLE_MASKS = 16,     /* may unmask interrupts */
};

struct cycle_cost {
	uint8_t cycles;
	uint8_t taken_extra; /* when the next instruction is not the next address */
	uint8_t flags;
};

void cycles_create(const struct core_type *type);
/** By opcode; the 32-bit ones are computed. */
extern struct cycle_cost cycles_costs16[1 << 16];
struct cycle_cost cycles_of32(uint16_t first, uint16_t second);

/* ---- core.c: running, halted, exceptions ---------------------------------- */

int core_create(const struct core_type *type);
const struct core_type *core_type_here(void);
/** Execute until sim_time_ps() reaches @a until_ps, or the core does not run.
 * @returns true when something was changed that needs a new look at the time */
bool core_run_until(uint64_t until_ps);
bool core_is_halted(void);
bool core_is_locked_up(void);
bool core_is_asleep(void);
bool core_in_reset(void);
/** Halt with a reason for DFSR. */
void core_halt(uint32_t dfsr_bit);
void core_resume(void);
void core_single_step(void);
/** Reset line: while low the core does not run. */
void core_hold_reset(bool low);
/** System reset by a register or a watchdog; from inside an access of the core
 * it happens after that instruction. */
void core_request_reset(const char *cause);
/** Power goes and comes back: RAM and debug registers forget all. */
void core_power_cycle(void);
void core_exception_pend(unsigned int number, bool pending);
/** No exception is active any longer. */
void core_exceptions_forget(void);
bool core_exception_is_pending(unsigned int number);
uint32_t core_ipsr(void);
/** The client has gone: debugging is switched off. */
void core_debug_off(void);
void core_fpu_enable(bool on);

/* ---- scs.c: the system control space --------------------------------------- */

#define DFSR_HALTED 0x01u
#define DFSR_BKPT 0x02u
#define DFSR_DWTTRAP 0x04u
#define DFSR_VCATCH 0x08u
#define DEMCR_VC_CORERESET (1u << 0)
#define DEMCR_VC_MMERR (1u << 4)
#define DEMCR_VC_NOCPERR (1u << 5)
#define DEMCR_VC_CHKERR (1u << 6)
#define DEMCR_VC_STATERR (1u << 7)
#define DEMCR_VC_BUSERR (1u << 8)
#define DEMCR_VC_INTERR (1u << 9)
#define DEMCR_VC_HARDERR (1u << 10)

/** Registers of the system control space that the core itself obeys. */
struct scs_state {
	uint32_t vtor;
	uint32_t ccr;
	uint32_t shpr[3];
	uint32_t shcsr;
	uint32_t cfsr;
	uint32_t hfsr;
	uint32_t mmfar;
	uint32_t bfar;
	uint32_t cpacr;
	uint32_t dfsr;
	uint32_t demcr;
	bool debug_enabled;
	bool mask_interrupts;
	bool reset_seen;   /* S_RESET_ST */
	bool retired;      /* S_RETIRE_ST */
	uint32_t nvic_enabled[8];
	uint8_t nvic_priority[240];
};

int scs_create(const struct core_type *type);
struct scs_state *scs_state(void);
/** A system reset: all but the debug registers go to their reset values. */
void scs_reset(void);

/* ---- mpu.c ----------------------------------------------------------------- */

enum mpu_access { MPU_READ, MPU_WRITE, MPU_FETCH };

void mpu_create(bool present);
void mpu_reset(void);
bool mpu_is_on(void);
/** Registers, by offset from MPU_TYPE. */
uint32_t mpu_read(uint32_t offset);
void mpu_write(uint32_t offset, uint32_t value);
bool mpu_allows(uint32_t addr, enum mpu_access access, bool privileged, bool in_hard_fault);

/* ---- dap.c: debug port and access port ------------------------------------- */

/* status codes of the ST-LINK protocol, as OpenOCD's stlink_usb.c names them */
enum probe_status {
	PROBE_OK = 0x80,
	PROBE_AP_WAIT = 0x10,
	PROBE_AP_FAULT = 0x11,
	PROBE_AP_ERROR = 0x12,
	PROBE_BAD_AP = 0x1d,
};

/** @param second_port number of a second access port that sees the same memory
 * (APB-AP of STM32H7), 0: none */
void dap_create(const struct core_type *type, uint32_t rom_table, unsigned int second_port);
/** Power-up requests, sticky errors and SELECT are gone. */
void dap_power_cycle(void);
void dap_set_khz(uint32_t khz);
uint32_t dap_khz(void);
uint64_t dap_words(void);
enum probe_status dap_dp_read(unsigned int reg, uint32_t *value);
enum probe_status dap_dp_write(unsigned int reg, uint32_t value);
enum probe_status dap_ap_read(unsigned int ap, unsigned int reg, uint32_t *value);
enum probe_status dap_ap_write(unsigned int ap, unsigned int reg, uint32_t value);
/** A block of memory through an AP; fault_addr is where it failed. */
struct dap_block {
	unsigned int ap;
	uint32_t addr;
	unsigned int width_bytes;
	bool increment;
	uint32_t size_bytes;
	uint8_t *data;
	uint32_t fault_addr;
};
/** The two halves of one word's access in a mixed request: the probe sets the
 * address, then reads or writes 32 bits, whatever CSW the host left. */
void dap_word_address(unsigned int ap, uint32_t addr);
enum probe_status dap_word(unsigned int ap, bool write, uint32_t *value);
enum probe_status dap_block_read(struct dap_block *block);
enum probe_status dap_block_write(struct dap_block *block);

/* ---- debug_faults.c: what breaks between probe and core --------------------- */

enum access_verdict { ACCESS_GOES, ACCESS_FAILS, ACCESS_WAITS, ACCESS_LOST };

/** @param with_control a test may arm faults through the control block */
void debug_faults_create(bool with_control);
/** Asked once per access to memory. */
enum access_verdict debug_fault_access(bool write);
/** Asked once per request. */
bool debug_fault_cuts_socket(void);

/* ---- stlink.c: the probe ---------------------------------------------------- */

int stlink_create(const char *personality, unsigned int firmware);
uint16_t stlink_usb_pid(void);
/** One USB command. @param data what the host sends, or room for the reply
 * (zeroed). @param to_probe direction */
void stlink_command(const uint8_t cmd[16], bool to_probe, uint8_t *data, uint32_t size_bytes);
void stlink_client_gone(void);
uint64_t stlink_requests(void);

/* ---- tcp.c: the stlink-server protocol -------------------------------------- */

/** @returns the port, or -1 with a message */
int tcp_listen(uint16_t port, unsigned int api);
/** Descriptor to wait for: the client's, else the listening one. */
int tcp_wait_fd(void);
/** Serve what has arrived. @returns false when the client has just gone */
bool tcp_serve(void);
bool tcp_has_client(void);
/** Where further clients knock while there is one; -1: there is none. */
int tcp_second_fd(void);
/** Close a further client's connection. */
void tcp_turn_away(void);

/* ---- register blocks that MCU rows describe ---------------------------------- */

/** A block of registers that hold what is written (regs.c). The row has
 * "name", "base", "size_bytes" and "registers": a list of { "name", "offset",
 * "reset", "writable" (mask, default all), "follow": [[bit, ready_bit], ...] };
 * without the list every word can be written. */
struct regs_block;
struct regs_block *regs_create(const json_t *row);
/** The word of a register, for the code that gives it a meaning. */
uint32_t *regs_word(struct regs_block *block, uint32_t offset);
/** Called after each write. */
void regs_on_write(struct regs_block *block, void (*written)(void *ctx, uint32_t offset),
	void *ctx);
int rcc_create(const json_t *row);
int stm32_flash_create(const json_t *row);
int uart_create(const json_t *row);
int iwdg_create(const json_t *row);

#endif /* SIMBOARD_CORE_H */
