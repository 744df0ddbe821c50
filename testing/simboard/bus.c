/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The address map: memories, register blocks, bit-band aliases. Both masters
 * (core and debug port) come through here for registers; the core reads and
 * writes RAM by itself.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

/* bit-band regions of Cortex-M3 and M4 (ARMv7-M ARM DDI0403E, B3.1) */
#define BITBAND_RAM 0x20000000u
#define BITBAND_RAM_ALIAS 0x22000000u
#define BITBAND_PERIPHERAL 0x40000000u
#define BITBAND_PERIPHERAL_ALIAS 0x42000000u
#define BITBAND_ALIAS_SIZE 0x02000000u

static struct {
	struct sim_memory *memories;
	struct sim_device *devices;
	struct sim_device *last_device;
	bool has_bitband;
} bus;

/* ---- memories ---- */

struct sim_memory *bus_memory_first(void)
{
	return bus.memories;
}

struct sim_memory *bus_memory_at(uint32_t addr)
{
	for (struct sim_memory *m = bus.memories; m; m = m->next) {
		if (addr - m->base < m->size_bytes)
			return m;
	}
	return NULL;
}

void bus_memory_changed(struct sim_memory *memory, uint32_t offset, uint32_t size_bytes)
{
	for (struct sim_memory *m = bus.memories; m; m = m->next) {
		if (m->bytes == memory->bytes)
			cpu_code_changed(m->base + offset, size_bytes);
	}
}

static int memory_add(const json_t *row)
{
	static const char *const kinds[] = { "ram", "flash", "rom" };

	if (rows_check(row, "memory", "name kind base! size_bytes! alias_of"))
		return -1;
	const char *kind = rows_text(row, "kind", "");
	struct sim_memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return -1;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kind, kinds[i]) == 0)
			memory->kind = i;
	}
	memory->name = rows_text(row, "name", kind);
	memory->base = rows_u32(row, "base", 0);
	memory->size_bytes = rows_u32(row, "size_bytes", 0);
	if (!memory->size_bytes || memory->size_bytes % 4096 || memory->base % 4096) {
		fprintf(stderr, "memory %s: base and size must be multiples of 4096\n", memory->name);
		free(memory);
		return -1;
	}
	/* an alias shows the bytes of another memory at a second address */
	struct sim_memory *original = bus_memory_at(rows_u32(row, "alias_of", UINT32_MAX));
	if (original) {
		memory->kind = original->kind;
		memory->bytes = original->bytes;
		memory->marks = original->marks;
	} else {
		memory->bytes = malloc(memory->size_bytes);
		memory->marks = memory->kind == MEMORY_RAM ? calloc(1, memory->size_bytes) : NULL;
		if (!memory->bytes || (memory->kind == MEMORY_RAM && !memory->marks))
			return -1;
		/* RAM comes up with anything: a pattern that is neither 0 nor FF */
		memset(memory->bytes, memory->kind == MEMORY_RAM ? 0xA5 : 0xFF, memory->size_bytes);
	}
	struct sim_memory **link = &bus.memories;
	while (*link)
		link = &(*link)->next;
	*link = memory;
	return cpu_map_memory(memory);
}

static int map_device_pages(void)
{
	/* SRAM bit-band alias and peripherals, private peripheral bus */
	if (cpu_map_devices(0x40000000, 0x20000000) || cpu_map_devices(0xE0000000, 0x00100000))
		return -1;
	if (bus.has_bitband && cpu_map_devices(BITBAND_RAM_ALIAS, BITBAND_ALIAS_SIZE))
		return -1;
	for (struct sim_device *d = bus.devices; d; d = d->next) {
		if (d->base >= 0x40000000)
			continue;
		uint32_t page = d->base & ~4095u;
		if (cpu_map_devices(page, ((d->base + d->size_bytes + 4095) & ~4095u) - page))
			return -1;
	}
	return 0;
}

int bus_create(const json_t *mcu)
{
	size_t index;
	json_t *row;

	bus.has_bitband = core_type_here()->has_bitband;
	json_array_foreach(json_object_get(mcu, "memory"), index, row) {
		if (memory_add(row))
			return -1;
	}
	return map_device_pages();
}

/* ---- devices ---- */

struct sim_device *bus_device_first(void)
{
	return bus.devices;
}

void sim_bus_add(struct sim_device *device)
{
	device->next = bus.devices;
	bus.devices = device;
}

static struct sim_device *device_at(uint32_t addr)
{
	if (bus.last_device && addr - bus.last_device->base < bus.last_device->size_bytes)
		return bus.last_device;
	for (struct sim_device *d = bus.devices; d; d = d->next) {
		if (addr - d->base < d->size_bytes) {
			bus.last_device = d;
			return d;
		}
	}
	return NULL;
}

void bus_reset_devices(void)
{
	for (struct sim_device *d = bus.devices; d; d = d->next) {
		if (d->reset)
			d->reset(d->ctx);
	}
}

/* ---- accesses ---- */

/** @returns true and the bit's place when @a addr is a bit-band alias */
static bool bitband(uint32_t addr, uint32_t *target, unsigned int *bit)
{
	uint32_t alias = addr & ~(BITBAND_ALIAS_SIZE - 1);

	if (!bus.has_bitband || (alias != BITBAND_RAM_ALIAS && alias != BITBAND_PERIPHERAL_ALIAS))
		return false;
	uint32_t offset = addr & (BITBAND_ALIAS_SIZE - 1);
	*target = (alias == BITBAND_RAM_ALIAS ? BITBAND_RAM : BITBAND_PERIPHERAL) + (offset >> 5);
	*bit = offset >> 2 & 7;
	return true;
}

static enum sim_access bitband_write(uint32_t target, unsigned int bit, uint32_t value)
{
	uint32_t word_addr = target & ~3u;
	uint32_t word;

	bit += 8 * (target & 3);
	if (bus_read(word_addr, 4, &word) != SIM_OK)
		return SIM_FAULT;
	word = (word & ~(1u << bit)) | (value & 1) << bit;
	return bus_write(word_addr, 4, word);
}

enum sim_access bus_device_read(uint32_t addr, unsigned int width_bytes, uint32_t *value)
{
	uint32_t target;
	unsigned int bit;

	if (bitband(addr, &target, &bit)) {
		uint32_t byte = 0;
		enum sim_access done = bus_read(target, 1, &byte);
		*value = byte >> bit & 1;
		return done;
	}
	struct sim_device *device = device_at(addr);
	if (!device || addr % width_bytes)
		return SIM_FAULT;
	*value = 0;
	return device->read(device->ctx, addr - device->base, width_bytes, value);
}

enum sim_access bus_device_write(uint32_t addr, unsigned int width_bytes, uint32_t value)
{
	uint32_t target;
	unsigned int bit;

	if (bitband(addr, &target, &bit))
		return bitband_write(target, bit, value);
	struct sim_device *device = device_at(addr);
	if (!device || addr % width_bytes)
		return SIM_FAULT;
	return device->write(device->ctx, addr - device->base, width_bytes, value);
}

enum sim_access bus_read(uint32_t addr, unsigned int width_bytes, uint32_t *value)
{
	struct sim_memory *memory = bus_memory_at(addr);

	if (!memory)
		return bus_device_read(addr, width_bytes, value);
	if (addr % width_bytes)
		return SIM_FAULT;
	*value = 0;
	memcpy(value, memory->bytes + (addr - memory->base), width_bytes);
	return SIM_OK;
}

enum sim_access bus_write_as(uint8_t mark, uint32_t addr, unsigned int width_bytes, uint32_t value)
{
	struct sim_memory *memory = bus_memory_at(addr);

	if (!memory) {
		repeat_forget();
		return bus_device_write(addr, width_bytes, value);
	}
	if (addr % width_bytes)
		return SIM_FAULT;
	uint32_t offset = addr - memory->base;
	if (memory->kind != MEMORY_RAM)
		return memory->write ? memory->write(memory->ctx, offset, width_bytes, value) : SIM_FAULT;
	if (memcmp(memory->bytes + offset, &value, width_bytes)) {
		memcpy(memory->bytes + offset, &value, width_bytes);
		repeat_host_wrote(addr);
		cpu_code_changed(addr, width_bytes);
	}
	memset(memory->marks + offset, MARK_WRITTEN | mark, width_bytes);
	return SIM_OK;
}

enum sim_access bus_write(uint32_t addr, unsigned int width_bytes, uint32_t value)
{
	return bus_write_as(MARK_HOST_WROTE, addr, width_bytes, value);
}

/* ---- contents of the internal flash ---- */

static struct sim_memory *internal_flash(void)
{
	struct sim_memory *m = bus.memories;

	while (m && m->kind != MEMORY_FLASH)
		m = m->next;
	return m;
}

int bus_flash_image_load(const char *path)
{
	struct sim_memory *flash = internal_flash();
	FILE *file = fopen(path, "rb");

	/* no file yet: an erased flash, the file appears at the end */
	if (!file || !flash)
		return 0;
	size_t got = fread(flash->bytes, 1, flash->size_bytes, file);
	bool too_long = fgetc(file) != EOF;
	fclose(file);
	if (too_long) {
		fprintf(stderr, "%s is longer than the internal flash (%u bytes)\n", path,
			flash->size_bytes);
		return -1;
	}
	bus_memory_changed(flash, 0, got);
	return 0;
}

int bus_flash_image_save(const char *path)
{
	struct sim_memory *flash = internal_flash();
	if (!flash)
		return 0;

	FILE *file = fopen(path, "wb");
	if (!file) {
		fprintf(stderr, "cannot write %s\n", path);
		return -1;
	}
	size_t put = fwrite(flash->bytes, 1, flash->size_bytes, file);
	if (fclose(file) || put != flash->size_bytes) {
		fprintf(stderr, "cannot write all of %s\n", path);
		return -1;
	}
	return 0;
}
