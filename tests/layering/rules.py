"""Who may use what. The text of each rule is in docs and READMEs; this is the list that the test reads.

Folders are paths from the root. A file belongs to the longest folder here that holds it.
"""

# What each folder may include of ours: itself, and these.
PARTS = {
    "common": [],
    "pdp/policy": ["common"],
    "pdp/reload": ["common", "pdp/policy"],
    "pdp/metrics": ["common", "pdp/policy", "pdp/reload"],
    # The certificates that the PDP shows, checked. The wire that shows them is pdp/server.
    "pdp/tls": ["common", "pdp/policy", "pdp/reload", "pdp/metrics"],
    # Who is asking, and for which agents.
    "pdp/identity": ["common", "pdp/policy", "pdp/reload", "pdp/metrics"],
    "pdp/server": [
        "common", "pdp/policy", "pdp/reload", "pdp/metrics", "pdp/tls", "pdp/identity", "ostiary/v1", "google/rpc",
    ],
    # What the commands of ostiary-pdp do; main.cc reads their flags.
    "pdp/commands": [
        "common", "pdp/policy", "pdp/reload", "pdp/metrics", "pdp/tls", "pdp/identity", "pdp/server",
    ],
    # main.cc and what lies beside it.
    "pdp": [
        "common", "pdp/policy", "pdp/reload", "pdp/metrics", "pdp/tls", "pdp/identity", "pdp/server", "pdp/commands",
    ],
    "sidecar/core": ["common"],
    "sidecar/install": ["common"],
    "sidecar/stdio": ["common", "sidecar/core"],
    "sidecar/socket": ["common", "sidecar/stdio"],
    "sidecar/pdp_client": ["common", "sidecar/core", "ostiary/v1", "google/rpc"],
    "sidecar/local": ["common", "sidecar/core", "pdp/policy", "pdp/reload"],
    "sidecar": [
        "common", "sidecar/core", "sidecar/install", "sidecar/stdio", "sidecar/socket", "sidecar/pdp_client",
        "sidecar/local",
    ],
}

# Roots of includes that are ours. "ostiary" and "google/rpc" are generated from proto/.
OUR_ROOTS = ("common/", "pdp/", "sidecar/", "tests/", "ostiary/v1/", "google/rpc/")

# gRPC and Protobuf, by include.
WIRE_INCLUDE = r"(grpc|grpc\+\+|grpcpp|google/protobuf|google/rpc|ostiary/v1)/|.*\.(pb|grpc\.pb)\.h$"
WIRE_PARTS = ["pdp/server", "sidecar/pdp_client"]

# Parts that are values only: no threads, files or clock.
PURE_PARTS = ["pdp/policy", "sidecar/core"]
PURE_FORBIDDEN_INCLUDE = (
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|fstream|filesystem|iostream|cstdio"
    r"|stdio\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h|signal\.h|csignal|ctime|time\.h|sys/.*"
    r"|absl/synchronization/.*|absl/time/clock\.h|common/unique_fd\.h|common/mutex\.h)$"
)

# Words that only some files may use: (rule, pattern over code without comments and strings, files).
# The files are patterns over the path from the root.
WORDS = [
    (
        "only main.cc and flags.cc read the environment; pass what is needed as a parameter",
        r"\b(?:secure_getenv|getenv|setenv|unsetenv|putenv|clearenv|environ)\b",
        [r"(pdp|sidecar)/(main|flags)\.cc", r"tests/.*"],
    ),
    (
        "the real clock is for common; take a Clock (common/clock.h), and for a gRPC deadline"
        " gpr_time_from_millis(n, GPR_TIMESPAN)",
        r"\b(?:steady|system|high_resolution)_clock::now\b|\babsl::Now\b|\bclock_gettime\b"
        r"|\bgettimeofday\b|\bgpr_now\b|(?<![\w.>])time\s*\(\s*(?:nullptr|NULL|0)\s*\)",
        # Real processes take real time.
        [r"common/.*", r"tests/(bench|e2e)/.*"],
    ),
    (
        "the program chooses the clock; take a Clock as a parameter",
        r"\bClock::System\b",
        [r"common/.*", r"pdp/commands/.*", r"(pdp|sidecar)/[a-z_]+\.(cc|h)", r"tests/.*"],
    ),
    (
        "nothing sleeps; wait for what is to happen (CondVar in common/mutex.h, or poll)",
        r"\bsleep_for\b|\bsleep_until\b|\bSleepFor\b|(?<![\w.>])(?:sleep|usleep|nanosleep)\s*\(",
        [r"common/.*"],
    ),
    (
        "raw locks are for common; use Mutex, MutexLock and CondVar (common/mutex.h)",
        r"\bstd::(?:recursive_|shared_|timed_)*mutex\b|\bstd::condition_variable|\bstd::lock_guard\b"
        r"|\bstd::unique_lock\b|\bstd::scoped_lock\b|\babsl::Mutex|\bpthread_mutex",
        [r"common/.*"],
    ),
]

# One file, one rule, one reason.
EXEMPT = {
    # Take away what would steer gRPC, before gRPC starts; no setting is read from it.
    ("sidecar/pdp_client/channel.cc", WORDS[0][0]),
    ("pdp/commands/environment.cc", WORDS[0][0]),
    # Counts the locks that others take, by standing in for the C library's.
    ("tests/support/lock_counter.cc", WORDS[4][0]),
}

# Folders that still owe a README. None is added here; the list goes when they are written.
README_OWED = ["pdp", "pdp/policy", "pdp/server", "proto", "proto/google/rpc", "proto/grpc/health/v1", "proto/ostiary/v1"]

FORBIDDEN_NAMES = ["impl", "manager", "util", "utils", "helper", "helpers"]

# Folders whose sources are held to the rules.
SOURCE_ROOTS = ["common", "pdp", "sidecar", "tests"]

# Folders in which no one looks: built, installed or recorded things.
SKIPPED_FOLDERS = ["build", "node_modules", "__pycache__"]
