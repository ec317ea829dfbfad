// The session with memory, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("memory");
