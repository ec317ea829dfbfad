"""`serve` and `connect` as real processes: what crosses, who is let in, and what becomes of everybody at an end."""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import time
import unittest

from served import (SIDECAR, TOY_SERVER, Client, Folder, RawPeer, Serve, children_of, descendants_of, eventually,
                    is_alive, lingering_descriptor, stop, what_it_has_open)

UNAVAILABLE = 69
# The word of a peer that does as it should.
HELLO = "ostiary/1 hello"


class ServeTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def serve(self, *args, **kwargs):
        serve = Serve(self.folder, *args, **kwargs)
        self.addCleanup(serve.end)
        return serve

    def client(self, *args, **kwargs):
        client = Client(self.folder, *args, **kwargs)
        self.addCleanup(client.kill)
        return client

    def raw(self):
        peer = RawPeer(self.folder)
        self.addCleanup(peer.close)
        return peer


class WhatCrosses(ServeTest):
    def test_each_connection_has_a_server_of_its_own(self):
        serve = self.serve()
        one, other = self.client(), self.client()
        pids = one.server_pid(), other.server_pid()
        self.assertNotEqual(*pids)
        self.assertEqual(one.leave()[0], 0)
        self.assertFalse(is_alive(pids[0]))
        self.assertTrue(is_alive(pids[1]))
        self.assertEqual(other.call("read")["result"]["content"][0]["text"], "done")
        other.leave()
        eventually("no session is left", lambda: not serve.sessions())

    def test_denied_calls_do_not_reach_the_server(self):
        calls = self.folder.path / "calls"
        self.serve(server=(TOY_SERVER, "--calls-file", str(calls)))
        client = self.client()
        self.assertNotIn("isError", client.call("read")["result"])
        self.assertIn("Denied by policy", client.call("delete_all")["result"]["content"][0]["text"])
        client.leave()
        self.assertEqual(calls.read_text(), "read\n")

    def test_the_status_is_the_servers(self):
        self.serve(server=(TOY_SERVER, "--exit", "9", "--die-of-pids"))
        client = self.client()
        client.call("read")
        self.assertEqual(client.leave()[0], 9)
        client = self.client()
        self.assertEqual(client.call("pids")["error"]["code"], 5020)
        self.assertEqual(client.leave()[0], 128 + signal.SIGKILL)

    def test_the_status_is_the_servers_also_where_a_signal_ends_it(self):
        self.serve(server=("sh", "-c", 'trap "exit 7" TERM; exec 3<&0; "$0" --ignore-term --ignore-eof <&3 & wait', TOY_SERVER))
        client = self.client()
        client.call("read")
        client.process.terminate()
        self.assertEqual(client.leave()[0], 7)

    def test_the_servers_stderr_and_environment_stay_on_its_side(self):
        script = 'echo "the secret is $SECRET, the agent says ${AGENT-nothing}" >&2; exec "$0"'
        serve = self.serve(server=("sh", "-c", script, TOY_SERVER), env={**os.environ, "SECRET": "s3cr3t"})
        client = self.client(env={**os.environ, "AGENT": "hello"})
        client.call("read")
        status, _, errors = client.leave()
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("the secret is s3cr3t, the agent says nothing\n", serve.log())

    def test_a_server_that_cannot_be_started_any_more(self):
        server = self.folder.path / "server"
        server.symlink_to(TOY_SERVER)
        serve = self.serve(server=(str(server),))
        server.unlink()
        status, _, errors = self.client().leave()
        self.assertEqual((status, errors),
                         (78, "ostiary-sidecar: the sidecar could not start the server; its log says why\n"))
        self.assertIn(f"{server}", serve.log())
        server.symlink_to(TOY_SERVER)
        self.assertIsNotNone(self.client().call("read"), "serve goes on")

    def test_a_sidecar_that_starts_after_its_client(self):
        client = self.client()
        self.serve(wait=False)
        self.assertEqual(client.call("read")["result"]["content"][0]["text"], "done")

    def test_nobody_there(self):
        started = time.monotonic()
        status, _, errors = self.client(["--connect-timeout", "300ms"]).leave()
        self.assertEqual(status, UNAVAILABLE)
        self.assertIn(f"{self.folder.address}: nobody listens there (No such file or directory)", errors)
        self.assertGreaterEqual(time.monotonic() - started, 0.3)
        self.assertLess(time.monotonic() - started, 9, "it would wait for 10 s by itself")

    def test_a_signal_while_nobody_is_there(self):
        client = self.client()
        eventually("it runs", lambda: b"connect" in pathlib.Path(f"/proc/{client.process.pid}/cmdline").read_bytes())
        # Blocked first thing, and read as soon as it waits.
        eventually("it has taken its signals", lambda: "SigBlk:\t0000000000000000" not in
                   pathlib.Path(f"/proc/{client.process.pid}/status").read_text())
        client.process.terminate()
        self.assertEqual(client.leave()[0], 128 + signal.SIGTERM)


class WhoIsLetIn(ServeTest):
    def test_another_users_connection_is_refused_whatever_the_mode(self):
        self.needs_root()
        self.serve(["--socket-mode", "0666"])
        status, _, errors = self.client(user=(4711, 4711)).leave()
        self.assertEqual(status, UNAVAILABLE)
        self.assertIn("refused: user 4711 may not use this socket; --allow-uid says who may", errors)

    def test_an_allowed_user_and_no_other_is_let_in(self):
        self.needs_root()
        self.serve(["--socket-mode", "0666", "--allow-uid", "4711", "--allow-uid", "4712"])
        for uid in 4711, 4712:
            self.assertIsNotNone(self.client(user=(uid, 1)).call("read"), uid)
        for user in (4713, 4711), None:  # the group does not count, and root is no exception
            status, _, errors = self.client(user=user).leave()
            self.assertEqual(status, UNAVAILABLE)
            self.assertIn(f"refused: user {user[0] if user else 0} may not use this socket", errors)

    def test_the_mode_keeps_others_out(self):
        self.needs_root()
        self.serve(["--allow-uid", "4711"])
        status, _, errors = self.client(user=(4711, 4711)).leave()
        self.assertEqual(status, UNAVAILABLE)
        self.assertIn("user 4711 may not open that socket", errors)
        self.assertIsNotNone(self.client(user=(4711, 0)).call("read"), "0660 lets the group in")

    def test_no_more_than_so_many(self):
        self.serve(["--max-connections", "2"])
        first, second = self.client(), self.client()
        first.call("read")
        second.call("read")
        status, _, errors = self.client().leave()
        self.assertEqual(status, UNAVAILABLE)
        self.assertIn("refused: 2 sessions are open here, and --max-connections allows no more", errors)
        first.leave()
        self.assertIsNotNone(self.client().call("read"))

    def needs_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be several users")


class PeersThatBehaveBadly(ServeTest):
    def test_a_flood_of_them_keeps_nobody_out_and_costs_nothing(self):
        serve = self.serve(["--max-connections", "2"])
        before = serve.open_descriptors()
        victim = self.client()
        victim.call("read")
        words = [None, "", "rubbish", "ostiary/1 hel", "ostiary/1 signal 15", "ostiary/9 hello", b"\0" * 1024, "x" * 90_000]
        peers = []
        with open("/dev/null", "rb") as nothing:
            for i in range(400):
                peer = self.raw()
                if (word := words[i % len(words)]) is not None:
                    try:
                        peer.say(word, [nothing.fileno()] * (i % 3))
                    except (BrokenPipeError, ConnectionResetError):
                        pass  # it was sent away as one too many
                peers.append(peer)
        self.assertIsNotNone(victim.call("read"))
        self.assertIsNotNone(self.client().call("read"), "and another is let in")
        # Those that said nothing: 64 at most are kept.
        self.assertLess(serve.open_descriptors(), before + 64 + 2 + 8)
        for peer in peers:
            peer.close()
        eventually("their descriptors are closed", lambda: serve.open_descriptors() <= before + 2)
        self.assertLessEqual(len(serve.sessions()), 2)

    def test_what_peers_hand_over_is_taken_by_nobody(self):
        serve = self.serve()
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        before = serve.open_descriptors()
        peer = self.raw()
        peer.say(HELLO, [theirs.fileno()] * 100)
        word, pipes = peer.hear()
        self.assertEqual((word, len(pipes)), ("ostiary/1 welcome", 2))
        for fd in pipes:
            self.addCleanup(os.close, fd)
        session = eventually("the session", serve.sessions)[0]
        # Nor along with what the session reads: pipes carry bytes alone.
        theirs.close()
        ours.settimeout(20)
        self.assertEqual(ours.recv(1), b"", "somebody holds what was handed over")
        for pid in [session, *descendants_of(session)]:
            kinds = what_it_has_open(pid)
            self.assertFalse([kind for kind in kinds if kind.startswith("/") and not kind.startswith("/dev/null")
                              and "serve" not in kind and "rules" not in kind], kinds)
        eventually("serve keeps the connection alone", lambda: serve.open_descriptors() == before + 1)

    def test_more_comers_and_goers_than_descriptors(self):
        serve = self.serve(["--max-connections", "500"], server=(TOY_SERVER, "--ignore-term", "--ignore-eof"))
        resource.prlimit(serve.process.pid, resource.RLIMIT_NOFILE, (24, 24))
        for _ in range(100):  # each leaves a session that takes most of a second to end
            peer = self.raw()
            peer.say(HELLO)
            _, pipes = peer.hear()
            for fd in pipes:
                os.close(fd)
            peer.close()
        eventually("all sessions were waited for", lambda: not serve.sessions())
        self.assertNotIn("it said nothing", serve.log(), "serve was deaf")
        self.assertIsNotNone(self.client().call("read"), "and another is let in")

    def hand_over_what_lingers(self, serve, *words):
        """A peer that said all that, each word with descriptors whose closing waits for years; serve's are the last."""
        stop(serve.process.pid)
        fds = [lingering_descriptor(self.addCleanup) for _ in range(3)]
        peer = self.raw()
        for word in words:
            peer.say(word, fds)
        for fd in fds:
            os.close(fd)
        os.kill(serve.process.pid, signal.SIGCONT)
        return peer

    def test_descriptors_that_linger_hold_nobody_up(self):
        cases = {"with the hello": [HELLO], "with what is no hello": ["rubbish"],
                 "in packets that nobody reads": ["rubbish"] * 5}
        for name, words in cases.items():
            with self.subTest(name):
                serve = self.serve()
                started = time.monotonic()
                self.hand_over_what_lingers(serve, *words)
                self.assertIsNotNone(self.client().call("read"), "another is let in")
                serve.process.terminate()
                self.assertEqual(serve.process.wait(20), 0)
                print(f"lingering descriptors {name}: over after {(time.monotonic() - started) * 1000:.0f} ms")
                self.assertLess(time.monotonic() - started, 4)

    def test_lingering_descriptors_of_who_is_not_let_in(self):
        serve = self.serve(["--allow-uid", "12345"])
        self.hand_over_what_lingers(serve, HELLO)
        eventually("it is refused", lambda: serve.log().count('"connection_refused"') == 1)
        serve.process.terminate()
        self.assertEqual(serve.process.wait(20), 0)

    def test_a_session_has_nothing_of_another(self):
        serve = self.serve()
        first, second = self.client(), self.client()
        first.call("read")
        second.call("read")
        one, other = serve.sessions()

        def pipes(pid):
            links = what_it_has_open(pid)
            return {link for link in links if link.startswith(("pipe:", "socket:"))}

        self.assertEqual(pipes(one) & pipes(other), set())
        self.assertEqual(pipes(one) & pipes(serve.process.pid), set())

    def test_second_thoughts_end_the_session(self):
        serve = self.serve()
        for word in "ostiary/1 signal 9", "ostiary/1 hello", "rubbish", "ostiary/1 signal 15":
            peer = self.raw()
            peer.say(HELLO)
            _, pipes = peer.hear()
            session = eventually("the session", serve.sessions)[0]
            peer.say(word)
            eventually(f"the session has ended after {word}", lambda: not is_alive(session))
            for fd in pipes:
                os.close(fd)
            eventually("it was waited for", lambda: not serve.sessions())

    def test_comers_and_goers_leave_nothing(self):
        serve = self.serve(["--max-connections", "4"])
        before = serve.open_descriptors()
        welcomed = 0
        for _ in range(100):
            peer = RawPeer(self.folder)
            peer.say(HELLO)
            word, pipes = peer.hear()
            welcomed += word == "ostiary/1 welcome"
            for fd in pipes:
                os.close(fd)
            peer.close()
            self.assertLessEqual(len(serve.sessions()), 4)
        eventually("all sessions have ended", lambda: not serve.sessions())
        eventually("their descriptors are closed", lambda: serve.open_descriptors() == before)
        print(f"of 100 that came and went {welcomed} were welcome, the others one too many")
        self.assertGreaterEqual(welcomed, 4)
        self.assertIsNotNone(self.client().call("read"))


class Ends(ServeTest):
    def attached(self, *args, **kwargs):
        serve = self.serve(*args, **kwargs)
        client = self.client()
        return serve, client, client.server_pid()

    def test_serve_is_told_to_end(self):
        serve, client, server = self.attached(server=(TOY_SERVER, "--ignore-term", "--ignore-eof"))
        started = time.monotonic()
        serve.process.terminate()
        self.assertEqual(serve.process.wait(20), 0)
        print(f"serve was told to end: over after {(time.monotonic() - started) * 1000:.0f} ms")
        self.assertLess(time.monotonic() - started, 2)
        self.assertFalse(is_alive(server))
        self.assertEqual(client.leave()[0], 128 + signal.SIGKILL)
        self.assertFalse(os.path.exists(self.folder.socket))

    def test_serve_is_killed(self):
        serve, client, server = self.attached(server=(TOY_SERVER, "--grandchild", "--ignore-term", "--ignore-eof"))
        below = descendants_of(serve.process.pid)
        serve.process.kill()
        out, errors = client.process.communicate(timeout=20)
        self.assertEqual(client.process.returncode, UNAVAILABLE)
        self.assertEqual(errors.decode(), "ostiary-sidecar: the sidecar went away, and the session with it; its container's"
                         " log may say why\n")
        eventually("nobody is left", lambda: not any(is_alive(pid) for pid in [server, *below]))

    def test_a_session_is_killed(self):
        serve, client, server = self.attached()
        os.kill(serve.sessions()[0], signal.SIGKILL)
        self.assertEqual(client.leave()[0], 128 + signal.SIGKILL)
        eventually("its server is gone", lambda: not is_alive(server))
        self.assertIsNotNone(self.client().call("read"), "serve goes on")

    def test_connect_is_killed(self):
        serve, client, server = self.attached(server=(TOY_SERVER, "--ignore-term", "--ignore-eof"))
        client.process.kill()
        started = time.monotonic()
        eventually("its server is gone", lambda: not is_alive(server))
        print(f"connect was killed: its server gone after {(time.monotonic() - started) * 1000:.0f} ms")
        eventually("it was waited for", lambda: not serve.sessions())

    def test_serve_stands_still(self):
        serve, client, server = self.attached()
        for pid in [serve.process.pid, *serve.sessions()]:
            os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        client.process.terminate()
        client.process.communicate(timeout=20)
        self.assertEqual(client.process.returncode, 128 + signal.SIGTERM)
        self.assertLess(time.monotonic() - started, 1.5, "clients kill after a second")
        for pid in [serve.process.pid, *serve.sessions()]:
            os.kill(pid, signal.SIGCONT)
        eventually("its server is gone", lambda: not is_alive(server))


class TheSocket(ServeTest):
    def test_one_serve_to_a_path(self):
        first = self.serve()
        second = self.serve()
        self.assertEqual(second.process.wait(20), 78)
        self.assertIn(f"{self.folder.address}: another server listens there", second.log())
        self.assertIsNotNone(self.client().call("read"))
        first.process.kill()
        first.process.wait()
        self.assertTrue(os.path.exists(self.folder.socket))
        self.serve()
        self.assertIsNotNone(self.client().call("read"), "a dead socket is replaced")

    def test_it_outlives_whoever_started_it(self):
        command = self.folder.serve_command()
        starter = subprocess.Popen(["sh", "-c", '"$@" 2>"$0" >/dev/null & echo $!', str(self.folder.path / "log"), *command],
                                   stdout=subprocess.PIPE)
        pid = int(starter.stdout.readline())
        starter.communicate()
        try:
            self.assertIsNotNone(self.client().call("read"))
        finally:
            os.kill(pid, signal.SIGTERM)
        eventually("serve has ended", lambda: not is_alive(pid))


class CommandLines(ServeTest):
    def run_sidecar(self, *words, env=None):
        done = subprocess.run([SIDECAR, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
                              env={**os.environ, **(env or {})})
        return done.returncode, done.stdout + done.stderr

    def test_what_makes_no_sense_is_said(self):
        address, rules = self.folder.address, str(self.folder.rules)
        serve = ["serve", "--agent", "tester", "--server", "toy", "--rules", rules]
        server = ["--", TOY_SERVER]
        cases = [
            ([*serve, *server], 64, "--listen is required"),
            ([*serve, "--listen", "127.0.0.1:1", *server], 64, '"127.0.0.1:1" is no address of a Unix socket; write unix:'),
            ([*serve, "--listen", address], 64, "no server to start"),
            ([*serve, "--listen", address, "--socket-mode", "888", *server], 64, "888 is not a file mode such as 0660"),
            ([*serve, "--listen", address, "--socket-mode", "7777", *server], 64, "7777 is not a file mode"),
            ([*serve, "--listen", address, "--socket-mode", "", *server], 64, "is not a file mode"),
            ([*serve, "--listen", address, "--socket-mode", "7" * 30, *server], 64, "is not a file mode"),
            ([*serve, "--listen", address, "--allow-uid", "me", *server], 64, "--allow-uid"),
            ([*serve, "--listen", address, "--allow-uid", "-1", *server], 64, "--allow-uid"),
            ([*serve, "--listen", address, "--allow-uid", "4294967295", *server], 64, "--allow-uid"),
            ([*serve, "--listen", address, "--max-connections", "0", *server], 64, "--max-connections"),
            ([*serve, "--listen", address, "--", "/no/such/program"], 78, "/no/such/program"),
            ([*serve, "--listen", f"unix:{rules}", *server], 78, "there is something that is no socket"),
            ([*serve, "--listen", f"unix:{self.folder.path}/missing/s", *server], 78, "its folder does not exist"),
            (["connect"], 64, "address is required"),
            (["connect", "/run/mcp.sock"], 64, "write unix:PATH"),
            (["connect", address, *server], 64, "connect takes no command"),
            (["connect", address, "--connect-timeout", "soon"], 64, "soon is not a duration"),
            (["connect", "unix:" + "x" * 108], 64, "the path has 108 bytes, and a socket's can have 107"),
        ]
        for words, status, says in cases:
            with self.subTest(words=words):
                code, text = self.run_sidecar(*words)
                self.assertEqual(code, status, text)
                self.assertIn(says, text)
                self.assertFalse(os.path.exists(self.folder.socket))

    def test_flags_from_the_environment(self):
        flags = {"OSTIARY_LISTEN": self.folder.address, "OSTIARY_SOCKET_MODE": "0640", "OSTIARY_ALLOW_UID": "0,4711",
                 "OSTIARY_AGENT": "tester", "OSTIARY_SERVER": "toy", "OSTIARY_RULES": str(self.folder.rules)}
        with open(self.folder.path / "log", "wb") as errors:
            serve = subprocess.Popen([SIDECAR, "serve", "--", TOY_SERVER], env={**os.environ, **flags}, stderr=errors)
        self.addCleanup(lambda: (serve.kill(), serve.wait()))
        eventually("it listens", lambda: os.path.exists(self.folder.socket))
        self.assertEqual(os.stat(self.folder.socket).st_mode & 0o777, 0o640)
        if os.geteuid() == 0:
            self.assertIsNotNone(self.client().call("read"))


if __name__ == "__main__":
    unittest.main()
