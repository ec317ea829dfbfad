// The official conformance suite's server scenarios, its newest release, for 2025-11-25.
import { testServerScenarios } from "./server_scenarios.mjs";

testServerScenarios("2025-11-25", { passes: 44, failures: 0 });
