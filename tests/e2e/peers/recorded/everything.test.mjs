// The session with everything, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("everything");
