#!/usr/bin/env python3
"""Shows that layering.py finds what it is there to find, in small trees that break one rule each."""

import pathlib
import tempfile
import unittest

import layering


def header(path, body=""):
    guard = "OSTIARY_" + path.replace("/", "_").replace(".", "_").upper() + "_"
    return f"#ifndef {guard}\n#define {guard}\n{body}\n#endif  // {guard}\n"


def findings_in(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return list(layering.findings(root))


def findings_of(path, text):
    """Of one source, in a folder that has its README."""
    folder, _, name = path.rpartition("/")
    return findings_in({path: text, f"{folder}/README.md": f"`{name}`"})


class Includes(unittest.TestCase):
    def test_what_is_forbidden(self):
        for path, include, message in [
            ("common/a.cc", "pdp/policy/b.h", "common must not include pdp/policy/b.h"),
            ("common/json/a.cc", "sidecar/core/b.h", "common must not include sidecar/core/b.h"),
            ("common/a.cc", "tests/support/b.h", "common must not include tests/support/b.h"),
            ("pdp/policy/a.cc", "pdp/reload/b.h", "pdp/policy must not include pdp/reload/b.h"),
            ("pdp/reload/a.cc", "pdp/server/b.h", "pdp/reload must not include pdp/server/b.h"),
            ("pdp/server/a.cc", "sidecar/core/b.h", "pdp/server must not include sidecar/core/b.h"),
            ("pdp/main.cc", "sidecar/core/b.h", "pdp must not include sidecar/core/b.h"),
            ("pdp/server/a.cc", "pdp/commands/b.h", "pdp/server must not include pdp/commands/b.h"),
            ("pdp/server/a.cc", "pdp/flags.h", "pdp/server must not include pdp/flags.h"),
            ("sidecar/core/a.cc", "sidecar/stdio/b.h", "sidecar/core must not include sidecar/stdio"),
            ("sidecar/core/a.cc", "pdp/policy/b.h", "sidecar/core must not include pdp/policy/b.h"),
            ("sidecar/stdio/a.cc", "sidecar/local/b.h", "sidecar/stdio must not include sidecar/local"),
            ("sidecar/pdp_client/a.cc", "sidecar/local/b.h", "sidecar/pdp_client must not include"),
            ("sidecar/pdp_client/a.cc", "pdp/policy/b.h", "sidecar/pdp_client must not include pdp/"),
            ("sidecar/local/a.cc", "pdp/server/b.h", "sidecar/local must not include pdp/server/b.h"),
            ("sidecar/main.cc", "pdp/policy/b.h", "sidecar must not include pdp/policy/b.h"),
            ("pdp/reload/a.cc", "ostiary/v1/decision.pb.h", "pdp/reload must not include ostiary/v1"),
        ]:
            with self.subTest(path=path, include=include):
                found = findings_of(path, f'\n#include "{include}"\n')
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{path}:2: {message}"), found)

    def test_grpc_has_its_two_parts(self):
        for include in ["grpcpp/grpcpp.h", "grpc/grpc.h", "google/protobuf/message.h", "x.pb.h"]:
            for path in ["pdp/reload/a.cc", "pdp/main.cc", "sidecar/core/a.cc", "sidecar/local/a.cc"]:
                with self.subTest(path=path, include=include):
                    found = findings_of(path, f"#include <{include}>\n")
                    self.assertEqual(len(found), 1, found)
                    self.assertIn("gRPC is for pdp/server and sidecar/pdp_client", found[0])
            self.assertEqual(findings_of("pdp/server/a.cc", f"#include <{include}>\n"), [])
            self.assertEqual(findings_of("sidecar/pdp_client/a.cc", f"#include <{include}>\n"), [])

    def test_values_know_no_threads_files_or_clock(self):
        for include in ["<thread>", "<fstream>", "<sys/stat.h>", "<unistd.h>", '"common/mutex.h"']:
            for part in ["pdp/policy", "sidecar/core"]:
                found = findings_of(f"{part}/a.cc", f"#include {include}\n")
                self.assertEqual(len(found), 1, (include, found))
                self.assertIn("it knows no threads, files or clock", found[0])
            self.assertEqual(findings_of("pdp/reload/a.cc", f"#include {include}\n"), [])

    def test_what_is_allowed(self):
        for path, include in [
            ("common/json/a.cc", "common/clock.h"),
            ("pdp/reload/a.cc", "pdp/policy/b.h"),
            ("pdp/server/a.cc", "pdp/policy/b.h"),
            ("pdp/main.cc", "pdp/server/b.h"),
            ("pdp/server/a.cc", "ostiary/v1/decision.grpc.pb.h"),
            ("sidecar/local/a.cc", "pdp/reload/b.h"),
            ("sidecar/main.cc", "sidecar/pdp_client/b.h"),
            ("tests/sidecar/a.cc", "pdp/server/b.h"),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(findings_of(path, f'#include "{include}"\n'), [])

    def test_a_comment_includes_nothing(self):
        self.assertEqual(findings_of("common/a.cc", '// x\n/*\n#include "pdp/main.h"\n*/\n'), [])

    def test_a_new_folder_must_be_given_its_place(self):
        self.assertIn("pdp/extra is no part yet", findings_of("pdp/extra/a.cc", "")[0])


class Words(unittest.TestCase):
    def test_what_is_forbidden(self):
        for path, code, message in [
            ("pdp/server/a.cc", 'getenv("X")', "only main.cc and flags.cc read the environment"),
            ("sidecar/stdio/a.cc", "char** e = environ;", "only main.cc and flags.cc read"),
            ("pdp/reload/a.cc", "std::chrono::steady_clock::now()", "the real clock is for common"),
            ("pdp/reload/a.cc", "system_clock::now()", "the real clock is for common"),
            ("tests/support/a.cc", "absl::Now()", "the real clock is for common"),
            ("sidecar/core/a.cc", "::time(nullptr)", "the real clock is for common"),
            ("sidecar/core/a.cc", "Clock::System().Now()", "the program chooses the clock"),
            ("tests/pdp/a.cc", "std::this_thread::sleep_for(x)", "nothing sleeps"),
            ("sidecar/stdio/a.cc", "::usleep(1)", "nothing sleeps"),
            ("sidecar/stdio/a.cc", "std::mutex m;", "raw locks are for common"),
            ("pdp/server/a.cc", "absl::MutexLock l(&m);", "raw locks are for common"),
            ("pdp/server/a.cc", "std::condition_variable c;", "raw locks are for common"),
        ]:
            with self.subTest(path=path, code=code):
                found = findings_of(path, f"\n\n{code}\n")
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{path}:3: "), found)
                self.assertIn(message, found[0])

    def test_what_is_allowed(self):
        for path, code in [
            ("pdp/main.cc", "getenv(x); Clock::System();"),
            ("sidecar/flags.cc", "getenv(x);"),
            ("common/a.cc", "std::mutex m; steady_clock::now();"),
            ("pdp/server/a.cc", '// std::mutex\nf("std::mutex", 1\'000, environment, GetEnvironment());'),
            ("pdp/server/a.cc", 'f(R"(std::mutex " )", 1);'),
            ("sidecar/core/a.cc", "MonoTime t = clock.Now(); lease.time(0); x->sleep(1);"),
        ]:
            with self.subTest(path=path, code=code):
                self.assertEqual(findings_of(path, code), [])

    def test_code_behind_a_literal_is_still_code(self):
        found = findings_of("pdp/server/a.cc", "int n = 1'000; char q = '\"'; std::mutex m; f(\"\");")
        self.assertEqual(len(found), 1, found)


class Files(unittest.TestCase):
    def test_header_guards(self):
        path = "common/json/a.h"
        self.assertEqual(findings_of(path, header(path)), [])
        for bad in ["", "#pragma once\n", header("common/a.h"), header(path).replace("  // ", " // ")]:
            found = findings_of(path, bad)
            self.assertEqual(
                found, [f"{path}:1: the header guard must be OSTIARY_COMMON_JSON_A_H_, at the end too"]
            )

    def test_names(self):
        for name in ["string_util", "policy_manager", "enforcer_impl", "test_helpers"]:
            found = findings_of(f"common/{name}.cc", "")
            self.assertEqual(len(found), 1, found)
            self.assertIn("a file name says the role of what is in it", found[0])
        self.assertEqual(findings_of("common/utility_meter.cc", ""), [])

    def test_readmes(self):
        for files, finding in [
            ({"common/a.cc": ""}, ["common: has no README.md"]),
            ({"tests/pdp/CMakeLists.txt": ""}, ["tests/pdp: has no README.md"]),
            (
                {"common/a.cc": "", "common/b.cc": "", "common/README.md": "`a.cc`"},
                ["common/README.md: has no line for b.cc"],
            ),
            ({"common/json/a.cc": "", "common/README.md": "`json/a.cc`"}, []),
            ({"common/json/a.cc": "", "common/README.md": "none"}, ["common/json: has no README.md"]),
            ({"common/json/a.cc": "", "README.md": "`common/json/`"}, ["common/json: has no README.md"]),
            ({"tests/fuzz/corpus/x/input": ""}, []),
            ({"tests/build/a.cc": "std::mutex m;"}, []),
        ]:
            with self.subTest(files=files):
                self.assertEqual(findings_in(files), finding)


if __name__ == "__main__":
    unittest.main()
