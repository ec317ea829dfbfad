// The session with thinking, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("thinking");
