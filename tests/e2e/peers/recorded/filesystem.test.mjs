// The session with filesystem, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("filesystem");
