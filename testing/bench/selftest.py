# SPDX-License-Identifier: GPL-2.0-or-later

"""What the bench does with figures, on made-up ones: nothing is measured."""

import unittest

import limits
import main
from rows import figure


class Guard(unittest.TestCase):
    REFERENCE = [figure("loop", "cycles/byte", 100), figure("page", "cycles/page", 1000)]

    def test_same_and_better_counts_pass(self):
        now = [figure("loop", "cycles/byte", 102.9), figure("page", "cycles/page", 900)]
        self.assertEqual(main.compare(now, self.REFERENCE), [])

    def test_worse_count_is_told_with_old_and_new(self):
        now = [figure("loop", "cycles/byte", 103), figure("page", "cycles/page", 1000)]
        self.assertEqual(main.compare(now, self.REFERENCE),
                         ["loop: 103 cycles now, 100 before (+3.0 %)"])

    def test_missing_count_is_told(self):
        now = [figure("loop", "cycles/byte", 100), figure("page", "KiB/s", 1000)]
        self.assertEqual(main.compare(now, self.REFERENCE),
                         ["page: 1000 cycles before, not measured now"])

    def test_more_requests_than_wanted_are_told(self):
        now = self.REFERENCE + [figure("probe", "requests", 13, 12),
                                figure("run", "requests", 80)]
        self.assertEqual(main.compare(now, self.REFERENCE),
                         ["probe: 13, at most 12 are wanted"])


class Link(unittest.TestCase):
    def test_full_request_takes_its_words_and_its_latency(self):
        us = limits.link_us(limits.PROBES["V2"], limits.REQUEST_BYTES)
        self.assertAlmostEqual(us, 100 + 1536 * 46 / 4)


if __name__ == "__main__":
    unittest.main()
