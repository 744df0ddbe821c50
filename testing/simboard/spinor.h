/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A serial NOR chip: shared by the row reader (spinor_row.c), the pins
 * (spinor.c), the effects of commands (spinor_ops.c) and the set of chips on
 * the board (spinor_board.c).
 */

#ifndef SIMBOARD_SPINOR_H
#define SIMBOARD_SPINOR_H

#include "sim.h"

#define SPINOR_MAX_REGS 12
#define SPINOR_MAX_DICE 8
#define SPINOR_MAX_LINES 4
#define SPINOR_MAX_PAGE 1056
#define SPINOR_MAX_REGIONS 8
#define SPINOR_REGION_ERASES 8
#define SPINOR_MAX_COMMANDS 96
#define SPINOR_LOG_ENTRIES 65536
#define SPINOR_NO_REG (-1)

#define PS_PER_NS 1000ULL
#define PS_PER_US 1000000ULL

struct spinor;

/** One bit of a register. @a reg SPINOR_NO_REG: the part has no such bit. */
struct spinor_bit {
	int reg;
	unsigned int bit;
};

/** Bits that mirror the chip's state or steer it. */
enum spinor_flag {
	FLAG_WIP,
	FLAG_WEL,
	FLAG_READY,           /* Micron's flag status: the opposite of WIP */
	FLAG_SUSPENDED,
	FLAG_ADDR4,
	FLAG_PROTECT_ERROR,
	FLAG_PROGRAM_ERROR,
	FLAG_ERASE_ERROR,
	FLAG_SOME_LOCKED,     /* locks of single blocks */
	FLAG_ALL_LOCKED,
	FLAG_WP_HIGH,         /* how the pin WP# stands */
	FLAG_AAI,             /* SST25: programs word after word */
	FLAG_QUAD_ENABLE,     /* steers, kept in the register, as all from here on */
	FLAG_STATUS_LOCK,     /* SRP, SRWD: WP# low locks the status registers */
	FLAG_LOCKS_IN_FORCE,  /* WPS: locks of single blocks count, BP bits do not */
	FLAG_LOCKS_FROZEN,    /* SPRL, WPLD: no such lock can be changed */
	FLAG_DUAL_OFF,        /* 0: all of a command goes on two lines */
	FLAG_QUAD_OFF,        /* 0: all of a command goes on four lines */
	FLAG_QUAD_ON,         /* 1: the same */
	FLAG_COUNT
};

struct spinor_reg {
	char name[8];
	uint8_t power_up;     /* what the factory left there */
	uint8_t writable;
	uint8_t otp;          /* bits that only ever go from 0 to 1 */
	uint8_t stored;       /* non-volatile part, comes back at power-up */
	uint8_t value;
};

/** What a command does. One row for each kind in spinor_ops.c. */
struct spinor_effect {
	const char *name;
	/** The n-th byte that the chip sends; NULL: it sends nothing. */
	uint8_t (*output)(struct spinor *chip, unsigned int n);
	/** CS has risen on a complete command; may be NULL. */
	void (*commit)(struct spinor *chip);
	bool takes_data;
	bool starts_write;    /* refused while another one is suspended */
	bool in_suspend;      /* but this one is not */
	bool in_array;        /* its address is one of the memory */
	bool in_aai;          /* heard while the chip programs word after word */
};

/** How many address bytes a command has. */
enum { ADDRESS_NONE = 0, ADDRESS_BY_MODE = 1 };

/** On how many lines all of a command goes; in SPI each phase has its own. */
enum spinor_protocol { PROTOCOL_SPI, PROTOCOL_DPI, PROTOCOL_QPI, PROTOCOL_COUNT };

/** A row of the part's command table. */
struct spinor_cmd {
	uint8_t opcode;
	char name[24];
	const struct spinor_effect *effect;
	unsigned int address;         /* ADDRESS_... or 3 or 4 */
	unsigned int lines[3];        /* opcode, address, data */
	unsigned int dummy_clocks[PROTOCOL_COUNT]; /* all clocks between address and data */
	unsigned int mode_clocks;     /* the first of these, that carry mode bits */
	bool known[PROTOCOL_COUNT];
	bool needs_wel;
	bool needs_ewsr;              /* 50h before it, and no other */
	bool while_busy;
	bool while_power_down;
	bool tail_optional;           /* may end right behind the opcode */
	unsigned int data_min, data_max;
	uint64_t min_period_ps;
	uint64_t time_ps;
	uint32_t size_bytes;          /* erased at once */
	unsigned int num_regs;
	int regs[4];
};

/** What the BP bits protect: unit_bytes << (BP - 1) from one end. */
struct spinor_protection {
	unsigned int num_bp;
	struct spinor_bit bp[4];
	struct spinor_bit bottom;     /* TB: counted from address 0 */
	struct spinor_bit small;      /* SEC: units of 4 KiB */
	struct spinor_bit complement; /* CMP: the rest instead */
	uint32_t unit_bytes;
};

/** A block that has a lock of its own. */
struct spinor_lock {
	uint32_t start;
	uint32_t size_bytes;
	unsigned int bit;             /* of spinor_locks.bits */
	bool frozen;                  /* stays as it is until power-up */
	bool lasting;                 /* another lock, which outlasts that */
};

/** Locks of single blocks. */
struct spinor_locks {
	unsigned int count;           /* 0: the part has none */
	struct spinor_lock *blocks;   /* by address */
	uint8_t *bits;
	bool at_power_up;             /* all are set then */
	uint8_t locked_reads;         /* what a lock that is set reads as */
	uint8_t open_reads;           /* and one that is not */
	uint8_t frozen_mask;          /* what freezes it, in the same byte */
	uint8_t lasting_reads;        /* the lasting one when set */
	uint8_t lasting_open_reads;
	unsigned int register_bytes;  /* of SST26's register, 0: has none */
};

/** A part of the array where only some erase opcodes work, each with a size of its own. */
struct spinor_region {
	uint32_t size_bytes;
	struct {
		uint8_t opcode;
		uint32_t size_bytes;
	} erases[SPINOR_REGION_ERASES];
	unsigned int num_erases;
};

#define SPINOR_OTP_REGISTERS	4
#define SPINOR_OTP_MAX_BYTES	1024

/** Security registers: memory beside the array, at multiples of 1000h. */
struct spinor_otp {
	unsigned int first;           /* number of the first one */
	unsigned int count;           /* 0: the part has none */
	uint32_t bytes;               /* of each */
	struct spinor_bit locks[SPINOR_OTP_REGISTERS];
};

/** A part's row, ready for use. */
struct spinor_part {
	char name[32];
	uint8_t id[24];
	unsigned int id_bytes;
	bool id_repeats;              /* else FFh follows */
	uint8_t device_id;            /* ABh, 90h */
	uint8_t unique_id[16];
	unsigned int unique_id_bytes;
	uint32_t size_bytes;
	uint32_t page_bytes;
	uint32_t die_bytes;           /* of a stacked part, 0: one die */
	bool die_relative;            /* addresses count from the start of the die */
	unsigned int address_bytes;
	unsigned int column_bits;     /* AT45: of an address; the rest is the page; 0: linear */
	uint8_t *sfdp;
	unsigned int sfdp_bytes;
	struct spinor_reg regs[SPINOR_MAX_REGS];
	unsigned int num_regs;
	struct spinor_bit flags[FLAG_COUNT];
	int extended_address_reg;
	struct spinor_protection protection;
	struct spinor_locks locks;
	struct spinor_otp otp;
	struct spinor_region regions[SPINOR_MAX_REGIONS]; /* from address 0; none: alike */
	unsigned int num_regions;
	struct spinor_bit regions_reversed; /* set: the first region is at the end */
	struct spinor_cmd commands[SPINOR_MAX_COMMANDS];
	unsigned int num_commands;
	unsigned int rescue_clocks;   /* a frame of so many, io0 and io3 high, ends DPI and QPI */
	bool hold_pin;                /* io3 is HOLD# while quad enable is off */
	bool wp_pin;                  /* io2 is WP# while quad enable is off */
	bool errors_keep_busy;        /* until they are cleared */
	bool wakes_by_cs;             /* a CS pulse ends deep power-down */
	/* picoseconds */
	uint64_t output_valid_ps, output_off_ps, input_setup_ps;
	uint64_t cs_setup_ps, cs_hold_ps, cs_high_read_ps, cs_high_write_ps;
	uint64_t power_down_exit_ps, reset_ps, suspend_ps;
};

enum spinor_phase {
	PHASE_OPCODE,
	PHASE_ADDRESS,
	PHASE_MODE,
	PHASE_DUMMY,
	PHASE_DATA_IN,
	PHASE_DATA_OUT,
	PHASE_END,     /* complete, takes no more */
	PHASE_IGNORE,  /* the chip does not listen until CS rises */
};

/** From CS falling to CS rising. */
struct spinor_transfer {
	const struct spinor_cmd *cmd;
	uint8_t opcode;
	enum spinor_protocol protocol;
	enum spinor_phase phase;
	unsigned int lines;        /* of the phase */
	unsigned int clocks_left;  /* of the phase */
	uint32_t shift;
	uint32_t address;
	uint8_t mode_bits;
	const char *refused;       /* sin that made the chip deaf */
	bool deaf;                 /* by a fault: no sin */
	bool from_continuous;      /* there was no opcode */
	uint64_t clocks;
	uint64_t data_bits;
	unsigned int shifted_in;   /* bits of the byte under way */
	uint8_t data[16];          /* the first bytes that came in */
	uint8_t latch[SPINOR_MAX_PAGE];
	uint32_t bytes_in;
	uint8_t out_byte;
	unsigned int out_left;
	unsigned int out_index;
	uint64_t start_ps, last_rise_ps, fall_ps;
	uint64_t data_falls;       /* falling edges that brought out a bit */
	uint64_t out_valid_ps;
	uint64_t min_period_ps, min_half_ps;
	bool idle_high;
	unsigned int sampled_lines; /* the chip has just taken this many lines */
	unsigned int always_high;   /* lines that were high at each clock, as a mask */
	bool io_pending;            /* an input changed while the clock was high */
	uint64_t io_pending_ps;
	bool io_sinned, early_sinned, dummy_sinned, float_sinned;
	bool sampled_before_data, sampled_data;
	bool reset_armed;          /* the command before was reset enable */
};

/** A program, erase or register write under way; it takes effect at its end. */
enum spinor_op_kind { OP_NONE, OP_PROGRAM, OP_REWRITE, OP_ERASE, OP_WRITE_REGS, OP_SUSPENDING };

struct spinor_op {
	enum spinor_op_kind kind;
	uint32_t address;
	uint32_t size_bytes;
	uint8_t latch[SPINOR_MAX_PAGE];
	uint8_t data[4];
	unsigned int num_regs;
	int regs[4];
	bool all_dice;             /* of a stacked part */
	uint64_t end_ps;
	uint64_t left_ps;          /* when suspended */
};

/** What each die of a stacked part has of its own. */
struct spinor_die {
	struct spinor_reg regs[SPINOR_MAX_REGS];
};

struct spinor_log {
	uint64_t t_ps;
	uint64_t bytes_out;
	uint32_t bytes_in;
	uint32_t address;
	uint8_t opcode;
	bool has_address;
	const char *sin;
	uint32_t times;            /* in a row: polls of the status */
};

struct spinor_faults {
	bool stuck_wip, wel_ignored, program_noop, erase_noop, id_all_ff, miso_stuck;
	uint32_t ignore_opcode[256]; /* 0: heard; n: heard n - 1 times more */
	double bit_error_rate;
	uint32_t random;
	bool protect;
	uint32_t protect_address, protect_bytes;
	bool lose_power;
	uint64_t lose_power_ps;
};

struct spinor {
	char label[48];            /* "u1 W25Q64JV-Q", for messages */
	unsigned int index;
	struct spinor_part part;
	const struct spinor_cmd *by_opcode[PROTOCOL_COUNT][256];
	struct spinor_faults faults;
	uint8_t *memory;           /* behind the array: the security registers */
	char *image_path;

	struct sim_net *cs_net, *clk_net, *io_net[SPINOR_MAX_LINES];
	struct sim_driver *io_driver[SPINOR_MAX_LINES];
	bool cs_high, clk_high;
	unsigned int io_levels;    /* as the wires stand, bit by line */
	unsigned int out_levels;   /* as the chip drives, for who reads it directly */
	uint64_t io_change_ps[SPINOR_MAX_LINES];
	uint64_t clk_change_ps;
	uint64_t cs_rise_ps, cs_high_min_ps;
	bool was_selected;
	bool out_of_socket;        /* pulled out while the board runs */

	bool wel, volatile_wel, addr4, power_down, reset_enabled;
	bool qpi;                  /* entered by an opcode; a register may say so, too */
	unsigned int errors;       /* sticky FLAG_*_ERROR, as 1 << flag */
	const struct spinor_cmd *continuous;
	bool aai;                  /* SST25: between ADh and write disable */
	uint32_t aai_address;      /* of the next word */
	uint8_t buffer[SPINOR_MAX_PAGE]; /* AT45's first */
	bool buffer_full;          /* every byte of it was written */
	uint32_t buffer_page;      /* or it came from there, as an address; else UINT32_MAX */
	bool otp_mode;             /* reads and programs go to the security registers */
	uint64_t deaf_until_ps;    /* leaving power-down, after a reset */
	const char *deaf_sin;      /* what it is to talk to it before that */
	bool id_answered;          /* in this session */
	unsigned int die;          /* the one that is selected */
	unsigned int busy_die;     /* the one that op runs in */
	unsigned int regs_die;     /* the one whose registers are in part.regs */
	struct spinor_die dice[SPINOR_MAX_DICE]; /* registers of the others */
	struct spinor_op op;
	struct spinor_op held;     /* suspended */
	struct spinor_transfer t;

	uint8_t polled_with;       /* opcode of the command before, if it was a poll; or 0 */
	uint64_t num_commands, bytes_in, bytes_out, sins;
	uint32_t count_by_opcode[256];
	uint64_t in_by_opcode[256], out_by_opcode[256];
	uint32_t erases, chip_erases, programs, refused_writes;
	struct spinor_log *log;
	unsigned int num_log;
};

/* spinor_dice.c */
/** Each die has the registers that were parsed. */
int spinor_dice_parse(struct spinor *chip);
/** Does the die that tells its status say that it is busy? Only for a busy chip. */
bool spinor_die_tells_busy(const struct spinor *chip);
/** Has this die done its part of what all of them do? */
bool spinor_die_is_done(const struct spinor *chip);
/** Put the registers of a die where everybody looks. */
void spinor_dice_take_registers(struct spinor *chip, unsigned int die);
/** Which dice the operation runs in that has just begun. */
void spinor_dice_start(struct spinor *chip);
/** All dice get the registers that they keep; the first one is selected. */
void spinor_dice_power_on(struct spinor *chip);
void spinor_commit_select_die(struct spinor *chip);

/* spinor_row.c */
int spinor_parse(struct spinor *chip, const json_t *row);

/* spinor_ops.c */
const struct spinor_effect *spinor_effect_find(const char *name);
void spinor_settle(struct spinor *chip, uint64_t now_ps);
void spinor_power_on(struct spinor *chip);
/** The supply fails and comes back: what is under way is cut off. */
void spinor_lose_power(struct spinor *chip, uint64_t when_ps);
bool spinor_flag(const struct spinor *chip, enum spinor_flag flag);
enum spinor_protocol spinor_protocol(const struct spinor *chip);
/** Back to SPI, whatever the other protocol was entered by. */
void spinor_leave_protocols(struct spinor *chip);
/** The range that the BP bits protect; size 0: none. */
void spinor_protected_range(const struct spinor *chip, uint32_t *start, uint32_t *size);
bool spinor_busy(const struct spinor *chip);
bool spinor_reg_bit(const struct spinor *chip, const struct spinor_bit *bit);
/** Common to all that needs write enable: a sin if it is missing. */
bool spinor_may_write(struct spinor *chip);

/* spinor_locks.c */
int spinor_locks_parse(struct spinor *chip, json_t *row);
void spinor_locks_free(struct spinor *chip);
void spinor_locks_power_on(struct spinor *chip);
/** How many blocks are locked. */
unsigned int spinor_locks_count(const struct spinor *chip);
/** Is any block of the range locked? */
void spinor_lock_set(struct spinor *chip, unsigned int block, bool locked);
bool spinor_lock_is_set(const struct spinor *chip, unsigned int block);
bool spinor_locks_hold(const struct spinor *chip, uint32_t address, uint32_t size_bytes);
void spinor_commit_lock(struct spinor *chip);
void spinor_commit_unlock(struct spinor *chip);
void spinor_commit_lock_all(struct spinor *chip);
void spinor_commit_unlock_all(struct spinor *chip);
void spinor_commit_write_lock(struct spinor *chip);
uint8_t spinor_output_lock(struct spinor *chip, unsigned int n);
uint8_t spinor_output_lasting_lock(struct spinor *chip, unsigned int n);
void spinor_commit_program_lasting_lock(struct spinor *chip);
void spinor_commit_erase_lasting_locks(struct spinor *chip);
uint8_t spinor_output_lock_register(struct spinor *chip, unsigned int n);
void spinor_commit_lock_register(struct spinor *chip);
void spinor_commit_at25df_status(struct spinor *chip);

void spinor_commit_chip_erase(struct spinor *chip);
/** Is the address inside the chip? Else a sin. */
bool spinor_in_array(struct spinor *chip);
bool spinor_is_protected(struct spinor *chip, uint32_t address, uint32_t size_bytes);
/** What takes its time, and shows at its end; @a address counts on into the security
 * registers. */
void spinor_start(struct spinor *chip, enum spinor_op_kind kind, uint32_t address,
	uint32_t size_bytes);

/* spinor_at45.c */
/** From the page and column of a command's address to the byte. */
uint32_t spinor_linear_address(struct spinor *chip, uint32_t address);
void spinor_commit_buffer_write(struct spinor *chip);
void spinor_commit_page_to_buffer(struct spinor *chip);
void spinor_commit_buffer_to_page(struct spinor *chip);
void spinor_commit_buffer_over_page(struct spinor *chip);
void spinor_commit_guarded_chip_erase(struct spinor *chip);
void spinor_commit_configure_dataflash(struct spinor *chip);
uint8_t spinor_output_sector_protection(struct spinor *chip, unsigned int n);

/* spinor_otp.c */
int spinor_otp_parse(struct spinor *chip, json_t *row);
/** Bytes that the security registers take behind the array. */
uint32_t spinor_otp_bytes(const struct spinor *chip);
uint8_t spinor_output_otp(struct spinor *chip, unsigned int n);
void spinor_commit_read_otp(struct spinor *chip);
void spinor_commit_program_otp(struct spinor *chip);
void spinor_commit_erase_otp(struct spinor *chip);

/* spinor_row.c, for the others that read rows */
int spinor_parse_bit(struct spinor *chip, const char *text, struct spinor_bit *bit);

/* spinor.c: the pins, from the wires or from serprog */
void spinor_pin_cs(struct spinor *chip, bool high, uint64_t now_ps);
void spinor_pin_clk(struct spinor *chip, bool high, uint64_t now_ps);
void spinor_pin_io(struct spinor *chip, unsigned int line, bool high, uint64_t now_ps);
/** The lines that the chip will take at the next rising clock, as a mask. */
unsigned int spinor_listens_to(const struct spinor *chip);
void spinor_pin_sampled(struct spinor *chip, unsigned int line, uint64_t when_ps);
/** As many clocks as read @a bytes on one line, at once: the same as single
 * edges, for who does not sit on the wires. Only in the data phase of a read,
 * with the clock low. @a now_ps is moved on. @returns false when the chip is
 * not there */
bool spinor_read_bytes(struct spinor *chip, uint8_t *data, size_t bytes, uint64_t period_ps,
	uint64_t *now_ps);
void spinor_sin(struct spinor *chip, const char *kind, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));

/* spinor_board.c */
struct spinor *spinor_by_index(unsigned int index);

#endif /* SIMBOARD_SPINOR_H */
