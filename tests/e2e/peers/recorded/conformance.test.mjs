// The session with conformance, with and without a sidecar.
import { testRecorded } from "./recorded.mjs";

testRecorded("conformance");
