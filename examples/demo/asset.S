/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The asset, as mkasset wrote it, between two symbols in the chip. */

	.section .extflash, "a"
	.global asset, asset_end
	.type asset, %object
asset:
	.incbin "asset.bin"
	.size asset, . - asset
asset_end:
