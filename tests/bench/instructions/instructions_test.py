"""What instructions.py says of counts; no valgrind is needed."""

import json
import unittest

import instructions


class JudgeTest(unittest.TestCase):
    def test_as_committed(self):
        self.assertEqual(instructions.judge({"call": 1000}, {"call": 1000}), {})

    def test_up_to_the_tolerance_either_way(self):
        self.assertEqual(instructions.judge({"call": 1000, "list": 1000}, {"call": 1050, "list": 950}), {})

    def test_more(self):
        self.assertEqual(
            instructions.judge({"call": 1000, "list": 7}, {"call": 1051, "list": 7}),
            {"call": "1,051 instructions a call, 1,000 are committed: 5.1% more"},
        )

    def test_fewer(self):
        self.assertEqual(
            instructions.judge({"call": 2000}, {"call": 1000}),
            {"call": "1,000 instructions a call, 2,000 are committed: 50.0% fewer"},
        )

    def test_a_new_path(self):
        self.assertEqual(
            instructions.judge({}, {"call": 1000}), {"call": "1,000 instructions a call, and none are committed"}
        )

    def test_a_path_that_is_gone(self):
        self.assertEqual(instructions.judge({"call": 1000}, {}), {"call": "committed, but there is no such path"})

    def test_the_advice_names_the_paths(self):
        text = instructions.advice(instructions.judge({"call": 1, "list": 1}, {"call": 2, "list": 2}))
        self.assertIn("scripts/instructions --update call list\n", text)


class DumpTest(unittest.TestCase):
    def test_the_totals(self):
        self.assertEqual(instructions.total_of("events: Ir\nsummary: 7\n\nfn=(1) f\n3 1234\n\ntotals: 1234\n"), 1234)

    def test_a_dump_that_was_cut(self):
        with self.assertRaisesRegex(ValueError, "without totals"):
            instructions.total_of("events: Ir\n")


class CommittedTest(unittest.TestCase):
    def test_counts_of_paths_in_order(self):
        counts = json.loads(instructions.COUNTS.read_text(encoding="utf-8"))
        self.assertEqual(list(counts), sorted(counts))
        self.assertTrue(all(isinstance(count, int) and count > 0 for count in counts.values()))


if __name__ == "__main__":
    unittest.main()
