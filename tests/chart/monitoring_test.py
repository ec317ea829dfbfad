"""Alerts and dashboard ask for metrics that the PDP has."""

import json
import re
import unittest

import chart

# As the PDP's source names them.
METRICS = set(re.findall(r'"(ostiary_[a-z_]+)"', "".join(
    path.read_text() for path in (chart.ROOT / "pdp/metrics").glob("*.cc"))))


def metrics_in(text):
    return {name.removesuffix("_bucket") for name in re.findall(r"\bostiary_\w+", text)}


class Monitoring(unittest.TestCase):
    def alerts(self):
        items = chart.render({"metrics": {"prometheusRule": {"enabled": True}}})
        return chart.one(items, "PrometheusRule")["spec"]["groups"][0]["rules"]

    def test_alerts_ask_for_known_metrics(self):
        for rule in self.alerts():
            with self.subTest(rule["alert"]):
                asked = metrics_in(rule["expr"])
                self.assertTrue(asked)
                self.assertLessEqual(asked, METRICS)

    def test_alerts_hold_for_this_release_alone(self):
        for rule in self.alerts():
            with self.subTest(rule["alert"]):
                self.assertEqual(len(re.findall(r"\bostiary_\w+\{", rule["expr"])),
                                 rule["expr"].count('{namespace="gate",pod=~"door-ostiary-[a-z0-9]+-[a-z0-9]+"'))

    def test_alerts_say_what_to_do(self):
        for rule in self.alerts():
            with self.subTest(rule["alert"]):
                self.assertGreater(len(rule["annotations"]["summary"]), 20)
                self.assertGreater(len(rule["annotations"]["description"]), 20)
                self.assertIn(rule["labels"]["severity"], ("warning", "critical"))

    def test_the_dashboard_asks_for_known_metrics(self):
        dashboard = json.loads((chart.CHART / "dashboards/ostiary.json").read_text())
        asked = set()
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                asked |= metrics_in(target["expr"])
        self.assertLessEqual(asked, METRICS)
        self.assertGreaterEqual(asked, METRICS - {
            "ostiary_policy_generation", "ostiary_reload_last_success_timestamp_seconds",
            "ostiary_reload_last_attempt_timestamp_seconds", "ostiary_certificate_loads_total",
            "ostiary_bindings_loads_total"})

    def test_panels_do_not_overlap(self):
        cells = set()
        for panel in json.loads((chart.CHART / "dashboards/ostiary.json").read_text())["panels"]:
            place = panel["gridPos"]
            own = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(own & cells, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            cells |= own


if __name__ == "__main__":
    unittest.main()
