/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The seams of the simulated board. Every room of the simulator sees the
 * others only through this header:
 *
 *   tcp -> stlink -> dap -> bus -> { ram, flash, scs, peripherals, gpio }
 *   cpu (Unicorn) ---------^                                      |
 *   gpio -> net (the wires) -> spinor (the memory chips) <--------+
 *   clock: the one virtual time that all of them share
 */

#ifndef SIMBOARD_SIM_H
#define SIMBOARD_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* ---- virtual time (clock.c) -------------------------------------------- */

/** Virtual time since power-on, in picoseconds. Never goes back. While the
 * core runs it is exact to the cycle of the access in hand. */
uint64_t sim_time_ps(void);

/** Let @a ps of virtual time pass on the host's side (a request, a SWD word, a
 * serprog delay); a running core executes for as long. What the core overruns
 * is taken off the next call. */
void sim_time_advance_ps(uint64_t ps);

/** Core clock in Hz, as the --mhz option or the MCU row gives it. */
uint32_t sim_core_hz(void);

/* ---- things on the bus (bus.c owns the list) ---------------------------- */

enum sim_access { SIM_OK, SIM_FAULT };

/** A register block in the address map. */
struct sim_device {
	const char *name;
	uint32_t base;
	uint32_t size_bytes;
	void *ctx;
	/** @param offset bytes from base, aligned to @a width_bytes (1, 2, 4)
	 * @returns SIM_FAULT for an access the silicon answers with a bus error */
	enum sim_access (*read)(void *ctx, uint32_t offset, unsigned int width_bytes,
			uint32_t *value);
	enum sim_access (*write)(void *ctx, uint32_t offset, unsigned int width_bytes,
			uint32_t value);
	/** System reset: registers to their reset values (may be NULL). */
	void (*reset)(void *ctx);
	struct sim_device *next;
};

void sim_bus_add(struct sim_device *device);

/** Is this clock gate on? Any register of a block of the MCU's row can hold one;
 * a GPIO port asks at every access.
 * @param addr address of the enable register, @param bit its bit */
bool sim_clock_gate_on(uint32_t addr, unsigned int bit);

/** Called after every change of such a register: for what must act at once when
 * a gate changes, not at its next access. One watcher. */
void sim_gates_watch(void (*changed)(void));

/* ---- wires (net.c) ------------------------------------------------------ */

enum sim_level { SIM_L, SIM_H, SIM_Z };

enum sim_pull { SIM_PULL_NONE, SIM_PULL_UP, SIM_PULL_DOWN };

/** A wire of the board, e.g. the one on "PA4". Created at first mention. */
struct sim_net;

struct sim_net *sim_net_get(const char *pin_name);
const char *sim_net_name(const struct sim_net *net);

/** Each party that can drive a net has its own driver slot on it. */
struct sim_driver;

/** @param owner name for reports ("mcu", "u1") */
struct sim_driver *sim_net_attach(struct sim_net *net, const char *owner);

/** Drive or release the net at sim_time_ps() + @a delay_ps. Contention (two
 * strong, unequal drivers) is counted as a sin of the net. */
void sim_net_drive(struct sim_driver *driver, enum sim_level level, uint64_t delay_ps);
void sim_net_set_pull(struct sim_driver *driver, enum sim_pull pull);
/** An open-drain driver may share a low level with others; any other two
 * parties that drive one net at once are in contention. */
void sim_net_set_open_drain(struct sim_driver *driver, bool open_drain);

/** Level of the net as it was at @a when_ps (not later than now); what a GPIO
 * input register returns after its synchroniser. A floating net reads as the
 * value it last had. @a stable, if not NULL, is set to false when a driver
 * is still between its old and its new level at that moment. */
enum sim_level sim_net_level(struct sim_net *net, uint64_t when_ps, bool *stable);

/** Does anybody drive the net, or is it left to its pulls? */
bool sim_net_is_driven(const struct sim_net *net);
/** Neither driven nor pulled: its level is luck. */
bool sim_net_floats(const struct sim_net *net);

/** Called at every change of the resolved level. */
void sim_net_watch(struct sim_net *net, void (*changed)(void *ctx, struct sim_net *net,
		enum sim_level level, uint64_t when_ps), void *ctx);

/** Called when the MCU samples the net (GPIO input read). */
void sim_net_watch_sample(struct sim_net *net, void (*sampled)(void *ctx, struct sim_net *net,
		uint64_t when_ps, bool stable), void *ctx);
void sim_net_sampled(struct sim_net *net, uint64_t when_ps);
/** Does anybody want to know that the net is sampled? */
bool sim_net_sample_watched(const struct sim_net *net);
/** Grows with every sim_net_watch_sample(), so that a port can keep a mask. */
unsigned int sim_net_sample_watchers(void);
/** A chip hangs on this net: its pin belongs to the job, no others do.
 * @param role for traces ("u1_cs"); the first chip on a shared wire names it */
void sim_net_mark_chip_pin(struct sim_net *net, const char *role);
/** The role, or NULL if no chip hangs on the net. */
const char *sim_net_chip_role(const struct sim_net *net);
/** Faults of a wire: tied to a level (SIM_Z: no longer), or a sampled bit that
 * turns round with probability @a rate. */
void sim_net_set_stuck(struct sim_net *net, enum sim_level level);
void sim_net_set_noise(struct sim_net *net, uint32_t seed, double rate);
/** All nets in order of creation, for reports and traces. */
struct sim_net *sim_net_next(struct sim_net *net);
/** Forget all wires, after sim_chips_clear(), when nobody else holds one any
 * more (between tests). */
void sim_nets_clear(void);

/* ---- sins and the report (report.c) ------------------------------------- */

/** Count a violation. @param kind one of the short names listed in report.c;
 * @param detail printf-style: what, where, value */
void sim_sin(const char *kind, const char *detail, ...)
	__attribute__((format(printf, 2, 3)));

/** Every room may add its own object to the report that --report writes; a
 * second one of the same name takes the place of the first. */
void sim_report_add(const char *section, json_t *(*make)(void *ctx), void *ctx);

/** How often a sin was committed. @param kind NULL for all kinds together */
unsigned int sim_sin_count(const char *kind);
void sim_sins_clear(void);

/** Write all sections and the sins as one JSON object. */
int sim_report_write(const char *path);

/* ---- faults (--fault NAME[:key=value]...) ------------------------------- */

/** One fault from the command line, NULL when not asked for. */
struct sim_fault;
const struct sim_fault *sim_fault_get(const char *name);
/** The next fault of the same name: some may be given several times. */
const struct sim_fault *sim_fault_next(const struct sim_fault *fault);
/** Numeric parameter of a fault (decimal or 0x..), @a fallback when absent. */
double sim_fault_param(const struct sim_fault *fault, const char *key, double fallback);
/** Parameter of a fault as text, NULL when absent. */
const char *sim_fault_text(const struct sim_fault *fault, const char *key);
/** Take one --fault argument, "NAME[:key=value[,key=value]...]". The names and
 * keys that exist are one table in fault.c. Negative on error, with a message. */
int sim_fault_add(const char *spec);
void sim_faults_clear(void);

/* ---- waits (polls.c) ----------------------------------------------------- */

/** A chip was asked for its status as before, and will answer the same until
 * @a until_ps. @param more adds polls that are left out to the chip's counts */
void sim_poll_repeats(uint64_t until_ps, void (*more)(void *ctx, uint64_t polls), void *ctx);

/* ---- data files (rows.c) ------------------------------------------------ */

/** Folder of the data files (mcu/, chip/, ...), without a slash at its end. */
const char *sim_data_dir(void);

/* ---- parts of the board that main() builds ------------------------------ */

/** GPIO ports of an MCU. The MCU row says "gpio": "stm32f4"; the caller loads
 * data/gpio/stm32f4.json and passes that object. */
int sim_gpio_create(const json_t *gpio_row);
/** Remember all pins' modes and outputs; the report's "unlike_mark" lists those
 * that differ at the end. Called when a client connects. */
void sim_gpio_mark(void);

/** Load a chip row. @param spec "NAME[:key=value[,key=value]...]" with NAME.json
 * in @a data_dir/chip, or the path of a .json file; a key overrides one of the
 * row's "time_us" (tPP=700). NULL on error, with a message. */
json_t *sim_chip_load(const char *data_dir, const char *spec);

/** A memory chip from its row, as sim_chip_load() returned it.
 * @param pins "cs=PA4,clk=PA5,mosi=PA7,miso=PA6[,io2=..,io3=..]"
 * @param image_path contents, loaded and saved; NULL: erased, not saved */
int sim_chip_create(const json_t *chip_row, const char *name, const char *pins,
	const char *image_path);

/** Take all chips off the board; their wires keep calling until
 * sim_nets_clear() (between tests). */
void sim_chips_clear(void);

/** Which chips are in their sockets, bit 0 the first. One that is pulled out loses
 * its power in the middle of what it does. */
uint32_t sim_chips_in_sockets(void);
void sim_chips_set_in_sockets(uint32_t mask);

/** The board loses its power, all chips in the middle of what they do. */
void sim_chips_lose_power(void);

/** Write back the chips' image files. */
int sim_chips_save(void);
/** A debug client came or left. Leaving settles what is under way, counts a CS
 * left low, and applies faults that wait for it (flip_byte:at=disconnect). */
void sim_chips_connect(void);
void sim_chips_disconnect(void);

/** Trace all chip nets to a VCD file from now on. */
int sim_vcd_open(const char *path);
void sim_vcd_close(void);

/** Offer chip number @a index to flashrom: serprog over TCP on loopback.
 * Returns the listening socket, negative on error. */
int sim_serprog_listen(unsigned int index, uint16_t port);
/** The descriptor to poll for reading: the client's, else the listener's;
 * negative when serprog is off. */
int sim_serprog_fd(void);
/** Serve one readable event of that descriptor. */
int sim_serprog_poll(void);

#endif /* SIMBOARD_SIM_H */
