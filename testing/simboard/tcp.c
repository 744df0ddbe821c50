/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The stlink-server protocol on a loopback socket, one client at a time; further
 * ones are turned away, like by a probe that another program has opened. All
 * numbers are little-endian; a request has no length in front, its size
 * follows from its first byte.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"

#define DEVICE_ID 1u
#define CONNECT_ID 1u
#define STATUS_OK 1u
#define STATUS_ERROR 2u
#define USB_HEADER_BYTES 32u
#define MAX_DATA_BYTES 16384u

enum request {
	REFRESH, COUNT_DEVICES, DEVICE_INFO, OPEN_DEVICE, CLOSE_DEVICE, USB_COMMAND, VERSION,
};

/* bytes of each request (without a USB command's data) and of its answer */
static const struct {
	uint32_t request_bytes;
	uint32_t answer_bytes;
} sizes[] = {
	[REFRESH] = { 2, 4 },
	[COUNT_DEVICES] = { 1, 4 },
	[DEVICE_INFO] = { 8, 45 },
	[OPEN_DEVICE] = { 8, 8 },
	[CLOSE_DEVICE] = { 8, 4 },
	[USB_COMMAND] = { USB_HEADER_BYTES, 4 },
	[VERSION] = { 4, 16 },
};

static struct {
	int listener;
	int client;
	unsigned int api;
	uint8_t in[USB_HEADER_BYTES + MAX_DATA_BYTES];
	uint32_t in_bytes;
	uint8_t out[4 + MAX_DATA_BYTES];
} tcp = { .listener = -1, .client = -1 };

static uint32_t get_u32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(uint8_t *p, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		p[i] = value >> 8 * i;
}

int tcp_listen(uint16_t port, unsigned int api)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t addr_bytes = sizeof(addr);
	int one = 1;

	tcp.api = api;
	tcp.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (tcp.listener < 0
			|| setsockopt(tcp.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))
			|| bind(tcp.listener, (struct sockaddr *)&addr, sizeof(addr))
			|| listen(tcp.listener, 1)
			|| getsockname(tcp.listener, (struct sockaddr *)&addr, &addr_bytes)) {
		perror("cannot listen on the loopback port");
		return -1;
	}
	return ntohs(addr.sin_port);
}

int tcp_wait_fd(void)
{
	return tcp.client >= 0 ? tcp.client : tcp.listener;
}

bool tcp_has_client(void)
{
	return tcp.client >= 0;
}

int tcp_second_fd(void)
{
	return tcp.client >= 0 ? tcp.listener : -1;
}

void tcp_turn_away(void)
{
	struct pollfd first = { .fd = tcp.client, .events = POLLIN };

	/* the first client may just be leaving: hear it out before */
	if (poll(&first, 1, 0))
		return;
	int second = accept(tcp.listener, NULL, NULL);
	if (second < 0)
		return;
	fprintf(stderr, "a second client was turned away: the probe is in use\n");
	close(second);
}

/** Bytes that the request at the start of the buffer has, 0 when unknown yet. */
static uint32_t request_bytes(void)
{
	uint8_t request = tcp.in[0];

	if (request >= ARRAY_LEN(sizes))
		return UINT32_MAX;
	if (tcp.in_bytes < sizes[request].request_bytes)
		return 0;
	uint32_t bytes = sizes[request].request_bytes;
	/* direction 0: the data follow */
	if (request == USB_COMMAND) {
		uint32_t data_bytes = get_u32(tcp.in + 28);
		if (data_bytes > MAX_DATA_BYTES)
			return UINT32_MAX;
		if (tcp.in[24] == 0)
			bytes += data_bytes;
	}
	return bytes;
}

static uint32_t usb_command(void)
{
	bool to_probe = tcp.in[24] == 0;
	uint32_t data_bytes = get_u32(tcp.in + 28);

	bool ours = get_u32(tcp.in + 4) == CONNECT_ID;

	put_u32(tcp.out, ours ? STATUS_OK : STATUS_ERROR);
	if (to_probe) {
		if (ours)
			stlink_command(tcp.in + 8, true, tcp.in + USB_HEADER_BYTES, data_bytes);
		return 4;
	}
	/* the client waits for all bytes, whatever the status */
	memset(tcp.out + 4, 0, data_bytes);
	if (ours)
		stlink_command(tcp.in + 8, false, tcp.out + 4, data_bytes);
	return 4 + data_bytes;
}

/** Answer the request in the buffer. @returns bytes of the answer */
static uint32_t answer(void)
{
	uint8_t request = tcp.in[0];

	if (request == USB_COMMAND)
		return usb_command();
	memset(tcp.out, 0, sizes[request].answer_bytes);
	put_u32(tcp.out, STATUS_OK);
	switch (request) {
	case VERSION:
		put_u32(tcp.out, tcp.api);
		put_u32(tcp.out + 4, 2);
		put_u32(tcp.out + 8, 1);
		put_u32(tcp.out + 12, 1);
		break;
	case COUNT_DEVICES:
		put_u32(tcp.out, 1);
		break;
	case DEVICE_INFO:
		put_u32(tcp.out + 4, DEVICE_ID);
		memcpy(tcp.out + 8, "SIMBOARD0001", 12);
		put_u32(tcp.out + 40, 0x0483 | (uint32_t)stlink_usb_pid() << 16);
		break;
	case OPEN_DEVICE:
		put_u32(tcp.out + 4, CONNECT_ID);
		break;
	}
	return sizes[request].answer_bytes;
}

static bool send_all(const uint8_t *data, uint32_t bytes)
{
	while (bytes) {
		ssize_t sent = send(tcp.client, data, bytes, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		data += sent;
		bytes -= sent;
	}
	return true;
}

static void accept_client(void)
{
	int one = 1;

	tcp.client = accept(tcp.listener, NULL, NULL);
	if (tcp.client < 0)
		return;
	tcp.in_bytes = 0;
	if (setsockopt(tcp.client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		perror("cannot switch off Nagle's algorithm, going on without");
	cpu_marks_clear();
	sim_gpio_mark();
	sim_chips_connect();
}

static void drop_client(void)
{
	close(tcp.client);
	tcp.client = -1;
	stlink_client_gone();
	sim_chips_disconnect();
}

bool tcp_serve(void)
{
	if (tcp.client < 0) {
		accept_client();
		return true;
	}
	ssize_t got = recv(tcp.client, tcp.in + tcp.in_bytes, sizeof(tcp.in) - tcp.in_bytes, 0);
	if (got <= 0) {
		drop_client();
		return false;
	}
	tcp.in_bytes += got;
	while (tcp.in_bytes) {
		uint32_t bytes = request_bytes();
		if (bytes == UINT32_MAX) {
			fprintf(stderr, "request 0x%02x is not of the stlink-server protocol\n", tcp.in[0]);
			drop_client();
			return false;
		}
		if (!bytes || bytes > tcp.in_bytes)
			return true;
		bool cut = tcp.in[0] == USB_COMMAND && debug_fault_cuts_socket();
		if (cut || !send_all(tcp.out, answer())) {
			drop_client();
			return false;
		}
		memmove(tcp.in, tcp.in + bytes, tcp.in_bytes - bytes);
		tcp.in_bytes -= bytes;
	}
	return true;
}
