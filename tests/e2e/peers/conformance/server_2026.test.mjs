// The official conformance suite's server scenarios for 2026-07-28, from the alpha that has them.
import { testServerScenarios } from "./server_scenarios.mjs";

testServerScenarios("2026-07-28", { passes: 187, failures: 5 });
