// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Runs code on the target's core and leaves the core as it was, also when the code
 * did not end where it should.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_algorithm.h"
#include <helper/binarybuffer.h>
#include <helper/bits.h>
#include <target/algorithm.h>
#include <target/register.h>

#define HALT_TIMEOUT_MS		500
/* All that follows needs a core that stands still: do not give up at once. */
#define STOP_TRIES		3

/* MPU_TYPE and MPU_CTRL, ARMv6-M and ARMv7-M ARM, B3.5.4 and B3.5.5. */
#define MPU_CTRL		0xe000ed94
#define MPU_CTRL_ENABLE		1
/* Configuration and control, instruction cache invalidate all; ARMv7-M ARM,
 * B3.2.8 and B2.2.7. The bit reads 0 on cores without a cache. */
#define CCR			0xe000ed14
#define CCR_IC			BIT(17)
#define ICIALLU			0xe000ef50

uint32_t cmspi_algorithm_area_addr(const struct target *target)
{
	// OpenOCD takes the latter at the first loan
	return target->working_areas ? target->working_areas->address : target->working_area_phys;
}

uint32_t cmspi_algorithm_area_bytes(struct target *target)
{
	if (cmspi_algorithm_area_addr(target) % sizeof(uint32_t))
		return 0;
	return target_get_working_area_avail(target) & ~UINT32_C(3);
}

int cmspi_algorithm_check_target(struct target *target)
{
	if (target->state != TARGET_HALTED) {
		LOG_TARGET_ERROR(target, "not halted: use 'halt' or 'reset halt' first");
		return ERROR_TARGET_NOT_HALTED;
	}
	if (target->running_alg) {
		LOG_TARGET_ERROR(target, "an algorithm is running or was left behind: use "
			"'reset halt' first");
		return ERROR_FAIL;
	}
	return ERROR_OK;
}

/* An M7 may still hold the lines of another image at this address. */
static int flush_icache(struct target *target)
{
	uint32_t ccr;

	int retval = target_read_u32(target, CCR, &ccr);
	if (retval != ERROR_OK || !(ccr & CCR_IC))
		return retval;
	return target_write_u32(target, ICIALLU, 0);
}

int cmspi_algorithm_prepare(struct cmspi_algorithm *algorithm, struct target *target)
{
	algorithm->target = target;
	int retval = flush_icache(target);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, MPU_CTRL, &algorithm->mpu_ctrl);
	if (retval != ERROR_OK)
		return retval;
	if (!(algorithm->mpu_ctrl & MPU_CTRL_ENABLE))
		return ERROR_OK;
	return target_write_u32(target, MPU_CTRL, 0);
}

int cmspi_algorithm_leave(struct cmspi_algorithm *algorithm)
{
	if (!(algorithm->mpu_ctrl & MPU_CTRL_ENABLE))
		return ERROR_OK;
	return target_write_u32(algorithm->target, MPU_CTRL, algorithm->mpu_ctrl);
}

int cmspi_algorithm_start(struct cmspi_algorithm *algorithm, struct reg_param *regs,
	unsigned int num_regs, uint32_t entry, uint32_t exit_addr)
{
	algorithm->armv7m.common_magic = ARMV7M_COMMON_MAGIC;
	algorithm->armv7m.core_mode = ARM_MODE_THREAD;
	algorithm->exit_addr = exit_addr;
	algorithm->started = true;
	return target_start_algorithm(algorithm->target, 0, NULL, num_regs, regs, entry, exit_addr,
		&algorithm->armv7m);
}

/* armv7m_wait_algorithm() leaves the core's registers alone when the
 * algorithm did not end where it should, and always those that could not be read
 * behind it: it takes the cache's word that they have not changed. */
static void restore_core(struct cmspi_algorithm *algorithm)
{
	struct armv7m_common *armv7m = target_to_armv7m(algorithm->target);

	for (unsigned int i = 0; i < armv7m->arm.core_cache->num_regs; i++) {
		struct reg *reg = &armv7m->arm.core_cache->reg_list[i];

		// floating point registers are wider, and our code does not touch them;
		// one that could not be read may hold anything, whatever the cache says
		if (!reg->exist || reg->size > 32 || (reg->valid &&
				buf_get_u32(reg->value, 0, 32) == algorithm->armv7m.context[i]))
			continue;
		buf_set_u32(reg->value, 0, 32, algorithm->armv7m.context[i]);
		reg->valid = true;
		reg->dirty = true;
	}
	armv7m->arm.core_mode = algorithm->armv7m.core_mode;
}

/* hla goes on when a register could not be read; the cache then tells an old value. */
static bool results_were_read(const struct cmspi_algorithm *algorithm,
	const struct reg_param *regs, unsigned int num_regs)
{
	struct reg_cache *cache = target_to_armv7m(algorithm->target)->arm.core_cache;

	for (unsigned int i = 0; i < num_regs; i++) {
		const struct reg *reg = register_get_by_name(cache, regs[i].reg_name, false);

		if (regs[i].direction != PARAM_OUT && reg && !reg->valid)
			return false;
	}
	return true;
}

int cmspi_algorithm_finish(struct cmspi_algorithm *algorithm, struct reg_param *regs,
	unsigned int num_regs, uint32_t exit_addr, int64_t timeout_ms)
{
	int retval = target_wait_algorithm(algorithm->target, 0, NULL, num_regs, regs, exit_addr,
		timeout_ms, &algorithm->armv7m);
	if (retval != ERROR_OK)
		return retval;
	algorithm->started = false;
	const bool read = results_were_read(algorithm, regs, num_regs);

	restore_core(algorithm);
	if (!read) {
		LOG_TARGET_ERROR(algorithm->target, "core registers could not be read behind the "
			"stub: is the debug link reliable?");
		return ERROR_FAIL;
	}
	return ERROR_OK;
}

void cmspi_algorithm_say_lost(const struct cmspi_algorithm *algorithm, uint32_t addr, int reason)
{
	LOG_TARGET_ERROR(algorithm->target,
		"stub at 0x%08" PRIx32 " did not come to its end (%s)",
		addr, reason == ERROR_TARGET_TIMEOUT ? "no progress" :
		"target stopped elsewhere or the debug link failed");
}

static int stop_core(struct cmspi_algorithm *algorithm, uint32_t abort_addr)
{
	struct target *target = algorithm->target;

	int retval = target_write_u32(target, abort_addr, 0);
	if (retval == ERROR_OK)
		retval = target_wait_state(target, TARGET_HALTED, HALT_TIMEOUT_MS);
	if (retval != ERROR_OK)
		retval = target_poll(target);
	if (retval == ERROR_OK && target->state != TARGET_HALTED) {
		retval = target_halt(target);
		if (retval == ERROR_OK)
			retval = target_wait_state(target, TARGET_HALTED, HALT_TIMEOUT_MS);
	}
	if (retval != ERROR_OK)
		return retval;
	// tells OpenOCD that no algorithm runs any more; its verdict is known
	if (target->running_alg)
		(void)target_wait_algorithm(target, 0, NULL, 0, NULL, algorithm->exit_addr,
			HALT_TIMEOUT_MS, &algorithm->armv7m);
	return target->running_alg ? ERROR_TARGET_TIMEOUT : ERROR_OK;
}

int cmspi_algorithm_stop(struct cmspi_algorithm *algorithm, uint32_t abort_addr)
{
	int retval = ERROR_FAIL;

	for (unsigned int tries = 0; tries < STOP_TRIES && retval != ERROR_OK; tries++)
		retval = stop_core(algorithm, abort_addr);
	if (retval != ERROR_OK)
		return retval;
	restore_core(algorithm);
	algorithm->started = false;
	return ERROR_OK;
}
