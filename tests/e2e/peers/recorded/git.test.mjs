// The session with git, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("git");
