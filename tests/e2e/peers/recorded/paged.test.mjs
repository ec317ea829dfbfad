// The session with lists in pages, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("paged");
