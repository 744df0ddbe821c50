/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * simboard: options, the building of the board out of rows, the event loop.
 */

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define MAX_CHIPS 8
#define EXIT_USAGE 2
#define PS_PER_MS 1000000000ull

struct chip_option {
	const char *name;
	const char *pins;
	const char *image;
};

static struct {
	const char *mcu;
	const char *probe;
	const char *vcd;
	const char *report;
	const char *flash_image;
	struct chip_option chips[MAX_CHIPS];
	size_t chip_count;
	uint16_t port;
	uint16_t serprog_port;
	bool serprog;
	uint32_t core_hz;
	unsigned int firmware;
	unsigned int api;
	double idle_scale;
	bool once;
	bool control;
	bool faults;
	double run_after_ms;
} options = { .mcu = "stm32f407", .probe = "stlink-v2", .port = 7184, .api = 3, .idle_scale = 1 };

static volatile sig_atomic_t must_quit;

enum option_code {
	OPT_MCU = 256, OPT_CHIP, OPT_PINS, OPT_PORT, OPT_MHZ, OPT_PROBE, OPT_FW, OPT_API, OPT_IMAGE,
	OPT_FLASH_IMAGE, OPT_VCD, OPT_REPORT, OPT_FAULT, OPT_IDLE_SCALE, OPT_ONCE, OPT_RUN_AFTER,
	OPT_SKIP_WAITS, OPT_LIST, OPT_SERPROG, OPT_CONTROL, OPT_HELP,
};

static const struct option long_options[] = {
	{ "mcu", required_argument, NULL, OPT_MCU },
	{ "chip", required_argument, NULL, OPT_CHIP },
	{ "pins", required_argument, NULL, OPT_PINS },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "mhz", required_argument, NULL, OPT_MHZ },
	{ "probe", required_argument, NULL, OPT_PROBE },
	{ "fw", required_argument, NULL, OPT_FW },
	{ "api", required_argument, NULL, OPT_API },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "flash-image", required_argument, NULL, OPT_FLASH_IMAGE },
	{ "vcd", required_argument, NULL, OPT_VCD },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "idle-scale", required_argument, NULL, OPT_IDLE_SCALE },
	{ "skip-waits", no_argument, NULL, OPT_SKIP_WAITS },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "run-after", required_argument, NULL, OPT_RUN_AFTER },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "serprog", required_argument, NULL, OPT_SERPROG },
	{ "control", no_argument, NULL, OPT_CONTROL },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char help_text[] =
	"simboard: a simulated board that OpenOCD reaches as an ST-LINK over TCP\n"
	"  --mcu NAME|FILE      microcontroller, default stm32f407\n"
	"  --chip NAME|FILE     memory chip, 'none' leaves the socket empty; may be repeated\n"
	"  --pins cs=PA4,clk=PA5,mosi=PA7,miso=PA6[,io2=..,io3=..]  of the chip before it\n"
	"  --image FILE         contents of the chip before it, loaded and saved\n"
	"  --flash-image FILE   contents of the internal flash, loaded and saved\n"
	"  --port N             TCP port on 127.0.0.1, default 7184; 0 picks one\n"
	"  --mhz N              fixed core clock; without it the RCC registers rule\n"
	"  --probe stlink-v2|stlink-v3, --fw J24 (probe firmware), --api 2|3 (server)\n"
	"  --vcd FILE           trace of the chip's wires\n"
	"  --report FILE.json   what happened, written at the end\n"
	"  --fault NAME[:key=value,...]  something that breaks; may be repeated\n"
	"  --control            faults can be armed by writes to 0x5FFFF000 (debug_faults.c)\n"
	"  --idle-scale X       virtual milliseconds per idle millisecond, default 1;\n"
	"                       0: time moves by requests only, each run is the same\n"
	"  --skip-waits         quicker: rounds of loops that wait are reckoned, not executed;\n"
	"                       not with --vcd, --fault, --serprog, --control\n"
	"  --once               exit after the first client\n"
	"  --run-after MS       with --once: run on for MS virtual milliseconds first\n"
	"  --serprog PORT       offer the first chip to flashrom on 127.0.0.1\n"
	"  --list               names of MCUs and chips\n";

/* ---- options ---- */

static double parse_number(const char *option, const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= least && value <= most)) {
		fprintf(stderr, "--%s '%s' is not a number from %g to %g\n", option, text, least, most);
		exit(EXIT_USAGE);
	}
	return value;
}

static struct chip_option *last_chip(const char *option)
{
	if (!options.chip_count) {
		fprintf(stderr, "--%s belongs to the --chip before it, and there is none\n", option);
		exit(EXIT_USAGE);
	}
	return &options.chips[options.chip_count - 1];
}

static void add_chip(const char *name)
{
	if (options.chip_count == MAX_CHIPS) {
		fprintf(stderr, "more than %d chips\n", MAX_CHIPS);
		exit(EXIT_USAGE);
	}
	options.chips[options.chip_count++].name = name;
}

static unsigned int firmware_number(const char *text)
{
	return parse_number("fw", text[0] == 'J' ? text + 1 : text, 1, 63);
}

static void list_and_exit(void)
{
	exit(rows_list("mcu") || rows_list("chip") ? EXIT_FAILURE : EXIT_SUCCESS);
}

/** Options that are just a text. */
static const struct {
	enum option_code code;
	const char **where;
} text_options[] = {
	{ OPT_MCU, &options.mcu },
	{ OPT_PROBE, &options.probe },
	{ OPT_VCD, &options.vcd },
	{ OPT_REPORT, &options.report },
	{ OPT_FLASH_IMAGE, &options.flash_image },
};

static bool take_text_option(int code, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(text_options); i++) {
		if ((int)text_options[i].code == code) {
			*text_options[i].where = value;
			return true;
		}
	}
	return false;
}

static bool take_number_option(int code, const char *value)
{
	switch (code) {
	case OPT_PORT:
		options.port = parse_number("port", value, 0, 65535);
		return true;
	case OPT_MHZ:
		options.core_hz = parse_number("mhz", value, 0.001, 1000) * 1e6;
		return true;
	case OPT_FW:
		options.firmware = firmware_number(value);
		return true;
	case OPT_API:
		options.api = parse_number("api", value, 1, 3);
		return true;
	case OPT_IDLE_SCALE:
		options.idle_scale = parse_number("idle-scale", value, 0, 1e6);
		return true;
	case OPT_RUN_AFTER:
		options.run_after_ms = parse_number("run-after", value, 0, 1e7);
		return true;
	case OPT_SERPROG:
		options.serprog = true;
		options.serprog_port = parse_number("serprog", value, 0, 65535);
		return true;
	default:
		return false;
	}
}

static void take_option(int code, const char *value)
{
	if (take_text_option(code, value) || take_number_option(code, value))
		return;
	switch (code) {
	case OPT_CHIP:
		add_chip(value);
		break;
	case OPT_PINS:
		last_chip("pins")->pins = value;
		break;
	case OPT_IMAGE:
		last_chip("image")->image = value;
		break;
	case OPT_FAULT:
		if (sim_fault_add(value) < 0)
			exit(EXIT_USAGE);
		options.faults = true;
		break;
	case OPT_ONCE:
		options.once = true;
		break;
	case OPT_SKIP_WAITS:
		repeat_enable();
		break;
	case OPT_CONTROL:
		options.control = true;
		break;
	case OPT_LIST:
		list_and_exit();
		break;
	case OPT_HELP:
		fputs(help_text, stdout);
		exit(EXIT_SUCCESS);
	default:
		fprintf(stderr, "see simboard --help\n");
		exit(EXIT_USAGE);
	}
}

static void parse_options(int argc, char **argv)
{
	int code;

	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(code, optarg);
	if (optind < argc) {
		fprintf(stderr, "argument '%s' is not expected, see simboard --help\n", argv[optind]);
		exit(EXIT_USAGE);
	}
	if (repeat_is_on() && (options.vcd || options.faults || options.serprog || options.control)) {
		fprintf(stderr, "--skip-waits does not go with --vcd, --fault, --serprog, --control\n");
		exit(EXIT_USAGE);
	}
	for (size_t i = 0; i < options.chip_count; i++) {
		if (!options.chips[i].pins && strcmp(options.chips[i].name, "none")) {
			fprintf(stderr, "--chip %s has no --pins\n", options.chips[i].name);
			exit(EXIT_USAGE);
		}
	}
}

/* ---- building the board ---- */

static int create_chips(void)
{
	for (size_t i = 0; i < options.chip_count; i++) {
		const struct chip_option *chip = &options.chips[i];
		char name[8];
		if (strcmp(chip->name, "none") == 0)
			continue;
		json_t *row = sim_chip_load(sim_data_dir(), chip->name);
		if (!row)
			return EXIT_USAGE;
		snprintf(name, sizeof(name), "u%zu", i + 1);
		if (sim_chip_create(row, name, chip->pins, chip->image) < 0)
			return EXIT_USAGE;
	}
	return 0;
}

static int create_registers(const json_t *mcu)
{
	size_t index;
	json_t *block;
	json_t *gpio = rows_load("gpio", rows_text(mcu, "gpio", ""));

	if (!gpio || sim_gpio_create(gpio) < 0 || rcc_create(json_object_get(mcu, "rcc"))
			|| iwdg_create(json_object_get(mcu, "watchdog")))
		return -1;
	const json_t *uart = json_object_get(mcu, "uart");
	if (uart && uart_create(uart))
		return -1;
	json_array_foreach(json_object_get(mcu, "blocks"), index, block) {
		if (!regs_create(block))
			return -1;
	}
	return 0;
}

static json_t *report_time(void *ctx)
{
	return json_pack("{s:I, s:I}", "virtual_ns", (json_int_t)(sim_time_ps() / 1000),
		"core_hz", (json_int_t)sim_core_hz());
}

/** @returns 0 or an exit code */
static int create_board(void)
{
	json_t *mcu = rows_load("mcu", options.mcu);
	if (!mcu)
		return EXIT_USAGE;
	if (rows_check(mcu, options.mcu, "name! source! core! memory! rcc! watchdog gpio!"
			" flash uart blocks rom_table second_port io_port mpu"))
		return EXIT_USAGE;
	const struct core_type *type = core_type_find(rows_text(mcu, "core", ""));
	if (!type)
		return EXIT_USAGE;

	clock_init(options.core_hz);
	debug_faults_create(options.control);
	sim_report_add("time", report_time, NULL);
	if (stlink_create(options.probe, options.firmware))
		return EXIT_USAGE;
	dap_create(type, rows_u32(mcu, "rom_table", 0xE00FF000), rows_u32(mcu, "second_port", 0));
	mpu_create(json_is_true(json_object_get(mcu, "mpu")));
	const json_t *io = json_object_get(mcu, "io_port");
	cpu_set_io_port(rows_u32(io, "base", 0), rows_u32(io, "size_bytes", 0));
	if (core_create(type) || scs_create(type) || create_registers(mcu) || bus_create(mcu))
		return EXIT_FAILURE;
	/* without a controller the internal flash is read-only */
	const json_t *flash = json_object_get(mcu, "flash");
	if (flash && stm32_flash_create(flash))
		return EXIT_FAILURE;
	if (options.flash_image && bus_flash_image_load(options.flash_image))
		return EXIT_USAGE;
	int error = create_chips();
	if (error)
		return error;
	/* the trace is of the chips' wires, so these come first */
	return options.vcd && sim_vcd_open(options.vcd) < 0 ? EXIT_FAILURE : 0;
}

/* ---- the event loop ---- */

static void on_signal(int number)
{
	must_quit = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void run_on(double ms)
{
	/* in slices, so that a signal is heard */
	for (double done = 0; done < ms && !must_quit; done += 1)
		sim_time_advance_ps(ms - done < 1 ? (ms - done) * PS_PER_MS : PS_PER_MS);
}

static void serve_once(void)
{
	struct pollfd fds[3] = { { .fd = tcp_wait_fd(), .events = POLLIN },
		{ .fd = options.serprog ? sim_serprog_fd() : -1, .events = POLLIN },
		{ .fd = tcp_second_fd(), .events = POLLIN } };
	/* the idle millisecond; nothing to do in it when time stands still */
	int timeout_ms = options.idle_scale > 0 ? 1 : 100;
	int ready = poll(fds, ARRAY_LEN(fds), timeout_ms);

	if (ready == 0 && options.idle_scale > 0)
		run_on(options.idle_scale);
	if (ready > 0 && fds[0].revents && !tcp_serve() && options.once) {
		run_on(options.run_after_ms);
		must_quit = 1;
	}
	if (ready > 0 && fds[2].revents && !fds[0].revents)
		tcp_turn_away();
	if (ready > 0 && fds[1].revents && sim_serprog_poll() < 0)
		must_quit = 1;
}

static int finish(void)
{
	int result = EXIT_SUCCESS;

	sim_vcd_close();
	if (sim_chips_save() < 0)
		result = EXIT_FAILURE;
	if (options.flash_image && bus_flash_image_save(options.flash_image))
		result = EXIT_FAILURE;
	if (options.report && sim_report_write(options.report) < 0)
		result = EXIT_FAILURE;
	fflush(stdout);
	cpu_destroy();
	return result;
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	int error = create_board();
	if (error)
		return error;

	catch_signals();
	int port = tcp_listen(options.port, options.api);
	if (port < 0)
		return EXIT_FAILURE;
	if (options.serprog && sim_serprog_listen(0, options.serprog_port) < 0)
		return EXIT_FAILURE;
	printf("port %d\n", port);
	fflush(stdout);

	/* power on */
	core_hold_reset(true);
	core_hold_reset(false);
	while (!must_quit)
		serve_once();
	return finish();
}
