// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A program whose data lives in a serial flash chip on PA4..PA7: it reads all
 * of it with its own code, and prints its CRC-32 on USART2 (PA2, 115200 8N1).
 * Runs on the clock that the chip wakes up with (HSI, 16 MHz).
 *
 * Register addresses and bits: ST RM0090 rev. 19, sections 2.3, 7.3, 8.4, 30.6.
 */

#include <stddef.h>
#include <stdint.h>

#define REG(addr)	(*(volatile uint32_t *)(addr))

#define RCC_AHB1ENR	REG(0x40023830)
#define RCC_APB1ENR	REG(0x40023840)
#define GPIOA_MODER	REG(0x40020000)
#define GPIOA_IDR	REG(0x40020010)
#define GPIOA_BSRR	REG(0x40020018)
#define GPIOA_AFRL	REG(0x40020020)
#define USART2_SR	REG(0x40004400)
#define USART2_DR	REG(0x40004404)
#define USART2_BRR	REG(0x40004408)
#define USART2_CR1	REG(0x4000440c)

#define AHB1ENR_GPIOAEN		(1u << 0)
#define APB1ENR_USART2EN	(1u << 17)

#define PIN_UART_TX	2
#define PIN_CS		4
#define PIN_CLK		5
#define PIN_MISO	6
#define PIN_MOSI	7

#define MODE_INPUT	0u
#define MODE_OUTPUT	1u
#define MODE_ALTERNATE	2u
#define AF_USART2	7u

#define USART_SR_TC	(1u << 6)
#define USART_SR_TXE	(1u << 7)
#define USART_CR1_TE	(1u << 3)
#define USART_CR1_UE	(1u << 13)

#define HSI_HZ		16000000u
#define BAUD		115200u

/* read with three address bytes and no dummy clocks, in every SPI NOR chip */
#define OPCODE_READ	0x03

/* asset.S; addresses in the bank's window, never to be dereferenced here */
extern const uint8_t asset[], asset_end[];
extern const uint8_t extflash_base[];

/** Something readable in the chip, for a debugger: print greeting. */
__attribute__((section(".extflash.text"), used))
static const char greeting[] = "hello from the chip that the CPU cannot see";

static uint32_t crc_table[256];

static void pin_high(unsigned int pin)
{
	GPIOA_BSRR = 1u << pin;
}

static void pin_low(unsigned int pin)
{
	GPIOA_BSRR = 1u << (pin + 16);
}

static void pin_mode(unsigned int pin, uint32_t mode)
{
	GPIOA_MODER = (GPIOA_MODER & ~(3u << (2 * pin))) | mode << (2 * pin);
}

static void uart_init(void)
{
	RCC_APB1ENR |= APB1ENR_USART2EN;
	(void)RCC_APB1ENR;	/* the gate needs two cycles: ES0182, delay after an RCC enable */
	GPIOA_AFRL = (GPIOA_AFRL & ~(0xfu << (4 * PIN_UART_TX))) | AF_USART2 << (4 * PIN_UART_TX);
	pin_mode(PIN_UART_TX, MODE_ALTERNATE);
	USART2_BRR = (HSI_HZ + BAUD / 2) / BAUD;
	USART2_CR1 = USART_CR1_UE | USART_CR1_TE;
}

static void uart_char(char c)
{
	while (!(USART2_SR & USART_SR_TXE))
		;
	USART2_DR = (uint8_t)c;
}

static void uart_text(const char *text)
{
	while (*text)
		uart_char(*text++);
}

static void uart_decimal(uint32_t value)
{
	if (value >= 10)
		uart_decimal(value / 10);
	uart_char('0' + value % 10);
}

static void uart_hex(uint32_t value)
{
	for (int shift = 28; shift >= 0; shift -= 4)
		uart_char("0123456789abcdef"[value >> shift & 0xf]);
}

static void spi_init(void)
{
	pin_high(PIN_CS);	/* before it becomes an output: no glitch */
	pin_low(PIN_CLK);
	pin_mode(PIN_CS, MODE_OUTPUT);
	pin_mode(PIN_CLK, MODE_OUTPUT);
	pin_mode(PIN_MOSI, MODE_OUTPUT);
	pin_mode(PIN_MISO, MODE_INPUT);
}

/* SPI mode 0: the chip takes MOSI at the rising edge */
static void spi_send(uint8_t byte)
{
	for (int bit = 7; bit >= 0; bit--) {
		if (byte >> bit & 1)
			pin_high(PIN_MOSI);
		else
			pin_low(PIN_MOSI);
		pin_high(PIN_CLK);
		pin_low(PIN_CLK);
	}
}

/* ... and gives the next bit to MISO at the falling edge */
static uint8_t spi_receive(void)
{
	uint32_t byte = 0;
#pragma GCC unroll 8
	for (int bit = 7; bit >= 0; bit--) {
		pin_high(PIN_CLK);
		byte |= (GPIOA_IDR >> PIN_MISO & 1) << bit;
		pin_low(PIN_CLK);
	}
	return byte;
}

static void chip_read_begin(uint32_t addr)
{
	pin_low(PIN_CS);
	spi_send(OPCODE_READ);
	spi_send(addr >> 16);
	spi_send(addr >> 8);
	spi_send(addr);
}

static void crc_init(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
		crc_table[i] = crc;
	}
}

/* CRC-32 of IEEE 802.3, as zlib and Python's zlib.crc32() compute it */
static uint32_t chip_crc(uint32_t addr, size_t count)
{
	uint32_t crc = 0xffffffffu;

	chip_read_begin(addr);
	while (count--)
		crc = crc_table[(crc ^ spi_receive()) & 0xff] ^ crc >> 8;
	pin_high(PIN_CS);
	return ~crc;
}

int main(void)
{
	RCC_AHB1ENR |= AHB1ENR_GPIOAEN;
	(void)RCC_AHB1ENR;
	uart_init();
	spi_init();
	crc_init();

	size_t count = asset_end - asset;
	uint32_t crc = chip_crc(asset - extflash_base, count);

	uart_text("cmspi demo: asset ");
	uart_decimal(count);
	uart_text(" bytes, crc32 ");
	uart_hex(crc);
	uart_text("\n");
	while (!(USART2_SR & USART_SR_TC))
		;
	return 0;
}
