// The official conformance suite's client scenarios, its newest release, for 2025-11-25.
import { testClientScenarios } from "./client_scenarios.mjs";

testClientScenarios("2025-11-25", { passes: 270 });
