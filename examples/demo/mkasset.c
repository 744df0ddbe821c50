// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Runs on the host: makes the demo's asset, bytes that no compressor shrinks
 * (same seed, same bytes, on any machine), and the line that the firmware must
 * print for it.
 *
 *     mkasset asset.bin demo.sum
 */

#include <stdint.h>
#include <stdio.h>

#define ASSET_BYTES	204800
#define SEED		0x9e3779b9u

/* xorshift32 with the triple (13, 17, 5): Marsaglia, Journal of Statistical
 * Software 8(14), 2003. The top byte is used, the low bits are the weaker ones. */
static uint8_t next_byte(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state >> 24;
}

/* CRC-32 of IEEE 802.3, bit by bit: not the firmware's table, on purpose */
static uint32_t crc32_add(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	return crc;
}

static int save(const char *path, const void *data, size_t count)
{
	FILE *file = fopen(path, "wb");
	if (!file) {
		perror(path);
		return 1;
	}
	size_t done = fwrite(data, 1, count, file);
	if (fclose(file) || done != count) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t asset[ASSET_BYTES];

	if (argc != 3) {
		fprintf(stderr, "usage: mkasset ASSET.BIN DEMO.SUM\n");
		return 1;
	}

	uint32_t state = SEED;
	uint32_t crc = 0xffffffffu;
	for (size_t i = 0; i < ASSET_BYTES; i++) {
		asset[i] = next_byte(&state);
		crc = crc32_add(crc, asset[i]);
	}

	char line[80];
	int length = snprintf(line, sizeof(line), "cmspi demo: asset %d bytes, crc32 %08x\n",
		ASSET_BYTES, (unsigned int)~crc);
	if (save(argv[1], asset, sizeof(asset)))
		return 1;
	return save(argv[2], line, length);
}
