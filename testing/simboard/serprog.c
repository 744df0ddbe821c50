// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A chip offered to flashrom: its serprog protocol, version 1, over TCP on
 * loopback. The clocks go to the chip's pins, past the wires, so that the
 * microcontroller may do with its own pins what it likes.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spinor.h"

#define SERPROG_ACK 0x06
#define SERPROG_NAK 0x15
#define BUS_SPI 0x08
#define MAX_TRANSFER 65536U
#define HEADER_BYTES 7
#define DEFAULT_HZ 10000000
#define MAX_HZ 20000000

enum {
	CMD_NOP = 0x00, CMD_Q_IFACE = 0x01, CMD_Q_CMDMAP = 0x02, CMD_Q_PGMNAME = 0x03,
	CMD_Q_SERBUF = 0x04, CMD_Q_BUSTYPE = 0x05, CMD_Q_OPBUF = 0x07, CMD_Q_WRNMAXLEN = 0x08,
	CMD_O_INIT = 0x0b, CMD_O_DELAY = 0x0e, CMD_O_EXEC = 0x0f, CMD_SYNCNOP = 0x10,
	CMD_Q_RDNMAXLEN = 0x11, CMD_S_BUSTYPE = 0x12, CMD_O_SPIOP = 0x13, CMD_S_SPI_FREQ = 0x14,
	CMD_S_PIN_STATE = 0x15, CMD_COUNT
};

struct reply {
	uint8_t *data;
	size_t length;
};

/** @a params: bytes behind the command byte, before variable data. */
struct serprog_cmd {
	unsigned int params;
	void (*run)(const uint8_t *params, struct reply *reply);
	bool exists;
};

static int listener = -1, client = -1;
static struct spinor *chip;
static uint8_t input[MAX_TRANSFER + HEADER_BYTES];
static size_t input_bytes;
static uint8_t output[MAX_TRANSFER + 1];
static uint64_t period_ps = 1000000000000ULL / DEFAULT_HZ;
static uint32_t queued_delay_us;

static uint32_t little_endian(const uint8_t *bytes, unsigned int count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static void reply_number(struct reply *reply, uint32_t value, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		reply->data[reply->length++] = value >> (8 * i);
}

/* ---- the chip's pins ----------------------------------------------------- */

/* Inside a transfer the clocks have times of their own; the board's time follows
 * at the edges of CS, since moving it is work for a running core. */

static void clock_pulse(uint64_t *now_ps)
{
	*now_ps += period_ps / 2;
	spinor_pin_clk(chip, true, *now_ps);
	*now_ps += period_ps / 2;
	spinor_pin_clk(chip, false, *now_ps);
}

static void send_byte(uint8_t byte, uint64_t *now_ps)
{
	for (int bit = 7; bit >= 0; bit--) {
		spinor_pin_io(chip, 0, byte >> bit & 1, *now_ps);
		clock_pulse(now_ps);
	}
}

static uint8_t receive_byte(uint64_t *now_ps)
{
	uint8_t byte = 0;

	for (unsigned int bit = 0; bit < 8; bit++) {
		byte = byte << 1 | (chip->out_levels >> 1 & 1);
		clock_pulse(now_ps);
	}
	return byte;
}

static void transfer(const uint8_t *send, size_t send_bytes, uint8_t *receive, size_t receive_bytes)
{
	bool io0 = chip->io_levels & 1;
	uint64_t now_ps;

	chip->clk_high = false;
	sim_time_advance_ps(period_ps);
	now_ps = sim_time_ps();
	spinor_pin_cs(chip, false, now_ps);
	now_ps += period_ps;
	chip->out_levels = 2; /* nobody drives the line: it is pulled up */
	for (size_t i = 0; i < send_bytes; i++)
		send_byte(send[i], &now_ps);
	if (receive_bytes && !spinor_read_bytes(chip, receive, receive_bytes, period_ps, &now_ps))
		for (size_t i = 0; i < receive_bytes; i++)
			receive[i] = receive_byte(&now_ps);
	now_ps += period_ps;
	sim_time_advance_ps(now_ps - sim_time_ps());
	spinor_pin_cs(chip, true, sim_time_ps());
	sim_time_advance_ps(period_ps);
	/* back to what the wires say */
	spinor_pin_io(chip, 0, io0, sim_time_ps());
	chip->clk_high = sim_net_level(chip->clk_net, sim_time_ps(), NULL) == SIM_H;
}

/* ---- commands ------------------------------------------------------------ */

static void run_iface(const uint8_t *params, struct reply *reply)
{
	(void)params;
	reply_number(reply, 1, 2);
}

static void run_name(const uint8_t *params, struct reply *reply)
{
	(void)params;
	memset(reply->data + reply->length, 0, 16);
	memcpy(reply->data + reply->length, "simboard", 8);
	reply->length += 16;
}

static void run_buffer(const uint8_t *params, struct reply *reply)
{
	(void)params;
	reply_number(reply, 0xffff, 2);
}

static void run_bustype(const uint8_t *params, struct reply *reply)
{
	(void)params;
	reply_number(reply, BUS_SPI, 1);
}

static void run_set_bustype(const uint8_t *params, struct reply *reply)
{
	if (params[0] != BUS_SPI)
		reply->data[0] = SERPROG_NAK;
}

static void run_max_write(const uint8_t *params, struct reply *reply)
{
	(void)params;
	reply_number(reply, MAX_TRANSFER, 3);
}

static void run_nothing(const uint8_t *params, struct reply *reply)
{
	(void)params;
	(void)reply;
}

static void run_init(const uint8_t *params, struct reply *reply)
{
	(void)params;
	(void)reply;
	queued_delay_us = 0;
}

static void run_delay(const uint8_t *params, struct reply *reply)
{
	(void)reply;
	queued_delay_us += little_endian(params, 4);
}

static void run_exec(const uint8_t *params, struct reply *reply)
{
	(void)params;
	(void)reply;
	sim_time_advance_ps(queued_delay_us * PS_PER_US);
	queued_delay_us = 0;
}

static void run_sync(const uint8_t *params, struct reply *reply)
{
	(void)params;
	reply->data[0] = SERPROG_NAK;
	reply_number(reply, SERPROG_ACK, 1);
}

static void run_frequency(const uint8_t *params, struct reply *reply)
{
	uint32_t hz = little_endian(params, 4);

	if (hz == 0) {
		reply->data[0] = SERPROG_NAK;
		return;
	}
	if (hz > MAX_HZ)
		hz = MAX_HZ;
	period_ps = 1000000000000ULL / hz;
	reply_number(reply, hz, 4);
}

static void run_spi(const uint8_t *params, struct reply *reply)
{
	uint32_t send_bytes = little_endian(params, 3);
	uint32_t receive_bytes = little_endian(params + 3, 3);

	transfer(params + 6, send_bytes, reply->data + 1, receive_bytes);
	reply->length += receive_bytes;
}

static void run_cmdmap(const uint8_t *params, struct reply *reply);

static const struct serprog_cmd commands[CMD_COUNT] = {
	[CMD_NOP] = { 0, run_nothing, true },
	[CMD_Q_IFACE] = { 0, run_iface, true },
	[CMD_Q_CMDMAP] = { 0, run_cmdmap, true },
	[CMD_Q_PGMNAME] = { 0, run_name, true },
	[CMD_Q_SERBUF] = { 0, run_buffer, true },
	[CMD_Q_BUSTYPE] = { 0, run_bustype, true },
	[CMD_Q_OPBUF] = { 0, run_buffer, true },
	[CMD_Q_WRNMAXLEN] = { 0, run_max_write, true },
	[CMD_O_INIT] = { 0, run_init, true },
	[CMD_O_DELAY] = { 4, run_delay, true },
	[CMD_O_EXEC] = { 0, run_exec, true },
	[CMD_SYNCNOP] = { 0, run_sync, true },
	[CMD_Q_RDNMAXLEN] = { 0, run_max_write, true },
	[CMD_S_BUSTYPE] = { 1, run_set_bustype, true },
	[CMD_O_SPIOP] = { 6, run_spi, true },
	[CMD_S_SPI_FREQ] = { 4, run_frequency, true },
	[CMD_S_PIN_STATE] = { 1, run_nothing, true },
};

static void run_cmdmap(const uint8_t *params, struct reply *reply)
{
	uint8_t *map = reply->data + reply->length;

	(void)params;
	memset(map, 0, 32);
	for (unsigned int i = 0; i < CMD_COUNT; i++)
		if (commands[i].exists)
			map[i / 8] |= 1U << (i % 8);
	reply->length += 32;
}

/* ---- sockets ------------------------------------------------------------- */

/** Length of the command at the start of the input; 0: more bytes are needed. */
static size_t command_length(void)
{
	const struct serprog_cmd *cmd = input[0] < CMD_COUNT ? &commands[input[0]] : NULL;
	size_t length = 1 + (cmd ? cmd->params : 0);

	if (input_bytes < length)
		return 0;
	if (input[0] == CMD_O_SPIOP)
		length += little_endian(input + 1, 3);
	return input_bytes < length ? 0 : length;
}

/** A transfer that does not fit would only come from a host that has not read
 * the limits. */
static bool too_long(void)
{
	return input[0] == CMD_O_SPIOP && input_bytes >= HEADER_BYTES
		&& (little_endian(input + 1, 3) > MAX_TRANSFER
			|| little_endian(input + 4, 3) > MAX_TRANSFER);
}

static void hang_up(const char *why)
{
	if (why)
		fprintf(stderr, "simboard: serprog: %s\n", why);
	close(client);
	client = -1;
	input_bytes = 0;
}

static int send_reply(const struct reply *reply)
{
	size_t sent = 0;

	while (sent < reply->length) {
		ssize_t n = send(client, reply->data + sent, reply->length - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		sent += n;
	}
	return 0;
}

static int run_command(size_t length)
{
	struct reply reply = { output, 1 };

	output[0] = SERPROG_ACK;
	if (input[0] < CMD_COUNT && commands[input[0]].exists)
		commands[input[0]].run(input + 1, &reply);
	else
		output[0] = SERPROG_NAK;
	if (output[0] == SERPROG_NAK && input[0] != CMD_SYNCNOP)
		reply.length = 1;
	memmove(input, input + length, input_bytes - length);
	input_bytes -= length;
	return send_reply(&reply);
}

static void serve_client(void)
{
	ssize_t received = recv(client, input + input_bytes, sizeof(input) - input_bytes, 0);

	if (received <= 0) {
		hang_up(NULL);
		return;
	}
	input_bytes += received;
	while (input_bytes) {
		size_t length = too_long() ? 0 : command_length();

		if (too_long()) {
			hang_up("a transfer longer than 65536 bytes was asked for");
			return;
		}
		if (!length)
			return;
		if (run_command(length)) {
			hang_up("the client does not take its answer");
			return;
		}
	}
}

int sim_serprog_listen(unsigned int index, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int on = 1;

	chip = spinor_by_index(index);
	if (!chip) {
		fprintf(stderr, "simboard: --serprog needs a --chip to offer\n");
		return -1;
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))
			|| bind(listener, (struct sockaddr *)&address, sizeof(address))
			|| listen(listener, 1)
			|| getsockname(listener, (struct sockaddr *)&address, &length)) {
		perror("simboard: serprog: cannot listen on loopback");
		return -1;
	}
	printf("serprog %u\n", ntohs(address.sin_port));
	fflush(stdout);
	return listener;
}

int sim_serprog_fd(void)
{
	return client >= 0 ? client : listener;
}

int sim_serprog_poll(void)
{
	int on = 1;

	if (client >= 0) {
		serve_client();
		return 0;
	}
	client = accept(listener, NULL, NULL);
	if (client < 0) {
		perror("simboard: serprog: accept");
		return -1;
	}
	if (setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		perror("simboard: serprog: TCP_NODELAY");
	return 0;
}
