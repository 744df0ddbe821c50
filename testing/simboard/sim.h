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

/* ---- virtual time (clock.c) -------------------------------------------- */

/** Virtual time since power-on, in picoseconds. Never goes back. While the
 * core runs it is exact to the cycle of the access in hand. */
uint64_t sim_time_ps(void);

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

/** Is this clock gate on? RCC-like devices register the register words that
 * hold the gates; a GPIO port asks at every access.
 * @param addr address of the enable register, @param bit its bit */
bool sim_clock_gate_on(uint32_t addr, unsigned int bit);

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

/** Level of the net as it was at @a when_ps (not later than now); what a GPIO
 * input register returns after its synchroniser. A floating net reads as the
 * value it last had. @a stable, if not NULL, is set to false when a driver
 * is still between its old and its new level at that moment. */
enum sim_level sim_net_level(struct sim_net *net, uint64_t when_ps, bool *stable);

/** Called at every change of the resolved level. */
void sim_net_watch(struct sim_net *net, void (*changed)(void *ctx, struct sim_net *net,
		enum sim_level level, uint64_t when_ps), void *ctx);

/** Called when the MCU samples the net (GPIO input read). */
void sim_net_watch_sample(struct sim_net *net, void (*sampled)(void *ctx, struct sim_net *net,
		uint64_t when_ps, bool stable), void *ctx);
void sim_net_sampled(struct sim_net *net, uint64_t when_ps);

/* ---- sins and the report (report.c) ------------------------------------- */

/** Count a violation. @param kind one of the short names listed in report.c;
 * @param detail printf-style: what, where, value */
void sim_sin(const char *kind, const char *detail, ...)
	__attribute__((format(printf, 2, 3)));

/** Every room may add its own object to the report that --report writes. */
void sim_report_add(const char *section, json_t *(*make)(void *ctx), void *ctx);

/* ---- faults (--fault NAME[:key=value]...) ------------------------------- */

/** One fault from the command line, NULL when not asked for. */
struct sim_fault;
const struct sim_fault *sim_fault_get(const char *name);
/** Numeric parameter of a fault, @a fallback when absent. */
double sim_fault_param(const struct sim_fault *fault, const char *key, double fallback);

/* ---- parts of the board that main() builds ------------------------------ */

/** GPIO ports of an MCU row (the object under "gpio" of data/mcu/NAME.json). */
int sim_gpio_create(const json_t *gpio_row);

/** A memory chip from its row (data/chip/NAME.json).
 * @param pins "cs=PA4,clk=PA5,mosi=PA7,miso=PA6[,io2=..,io3=..]"
 * @param image_path contents, loaded and saved; NULL: erased, not saved */
int sim_chip_create(const json_t *chip_row, const char *name, const char *pins,
	const char *image_path);

/** Write back the chips' image files. */
int sim_chips_save(void);

/** Trace all chip nets to a VCD file from now on. */
int sim_vcd_open(const char *path);
void sim_vcd_close(void);

/** Offer chip number @a index to flashrom: serprog over TCP on loopback.
 * Returns the listening socket, negative on error. */
int sim_serprog_listen(unsigned int index, uint16_t port);
/** Serve one readable event of the listening or connected socket. */
int sim_serprog_poll(void);

#endif /* SIMBOARD_SIM_H */
