// The official conformance suite's client scenarios for 2026-07-28, from the alpha that has them.
import { testClientScenarios } from "./client_scenarios.mjs";

testClientScenarios("2026-07-28", { passes: 420 });
