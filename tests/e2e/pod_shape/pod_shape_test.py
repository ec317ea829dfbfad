"""The shape of a pod with a split sidecar: what the agent's container can do, and what it cannot."""

import json
import os
import pathlib
import signal
import unittest

import pod
from pod import Pod, eventually

UNAVAILABLE = 69


def descendants_of(pid):
    try:
        children = [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        return []
    return children + [other for child in children for other in descendants_of(child)]


def is_alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class PodShapeTest(unittest.TestCase):
    def setUp(self):
        if why := pod.why_not():
            print(f"SKIPPED, nothing of the pod's shape was tested: {why}")
            self.skipTest(why)
        self.pod = Pod(os.environ["OSTIARY_TEST_PDP"], os.environ["OSTIARY_TEST_SIDECAR"],
                       os.environ["OSTIARY_TEST_TOY_SERVER"])
        self.addCleanup(self.pod.end)

    def start(self):
        self.pod.start_pdp()
        self.pod.run_init()
        return self.pod.start_sidecar()

    def attached(self, sidecar):
        """An agent with an open session, and its server's process."""
        agent = self.pod.start_agent("call", "read")
        self.assertEqual(self.answer(agent)["result"]["content"][0]["text"], "done", sidecar.log())
        servers = [pid for pid in descendants_of(sidecar.pid) if name_of(pid) == "server"]
        self.assertEqual(len(servers), 1)
        return agent, servers[0]

    @staticmethod
    def answer(agent):
        return json.loads(agent.process.stdout.readline())

    @staticmethod
    def answers(agent):
        return [json.loads(line) for line in agent.output().splitlines()]


class WhatTheAgentCanDo(PodShapeTest):
    def test_calls_what_is_allowed_and_not_what_is_denied(self):
        sidecar = self.start()
        allowed, denied, end = self.answers(self.pod.start_agent("call", "read", "delete_all"))
        self.assertEqual(allowed["result"]["content"][0]["text"], "done")
        self.assertEqual(denied["result"]["_meta"]["ostiary/decision"]["reason"], "PATTERN_DENY")
        self.assertEqual(end, {"status": 0, "stderr": "", "rest": ""})
        self.assertIn('"event":"denied"', sidecar.log(), "the sidecar's log is its container's")


class WhatTheAgentCannotDo(PodShapeTest):
    def probe(self, sidecar, server, **kwargs):
        pids = [str(pid) for pid in (sidecar.pid, server, *descendants_of(sidecar.pid))]
        agent = self.pod.start_agent("probe", Pod.SECRET[::-1], *pids, **kwargs)
        out = agent.output()
        self.assertTrue(out, agent.log())
        return json.loads(out)

    def test_finds_nothing_of_the_servers(self):
        sidecar = self.start()
        _, server = self.attached(sidecar)
        self.assertIn(f"TOKEN={Pod.SECRET}", pathlib.Path(f"/proc/{server}/environ").read_text(), "the server has it")
        found = self.probe(sidecar, server)
        self.assertEqual(found["uid"], pod.AGENT_USER)
        self.assertEqual((found["capabilities"], found["capabilities_to_be_had"], found["no_new_privileges"]),
                         ("0" * 16, "0" * 16, "1"))
        self.assertEqual(found["files"], [])
        self.assertEqual(found["memory"], [])
        self.assertEqual(found["processes"], [], "it sees processes of other containers")
        self.assertEqual((found["attach"], found["kill"]), (["ESRCH"], ["ESRCH"]))
        self.assertEqual(found["folders"], ["agent.py", "bin", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "sbin",
                                            "tmp", "usr", "mcp"])
        self.assertEqual(found["replace_program"], "EACCES")
        for what in "add_program", "remove_socket", "add_socket", "add_folder":
            self.assertEqual(found[what], "EROFS", what)

    def test_the_probe_finds_what_there_is(self):
        # The same probe where the boundary is not: the sidecar's user, with its volumes.
        sidecar = self.start()
        _, server = self.attached(sidecar)
        found = self.probe(sidecar, server, user=pod.SIDECAR_USER, env={"TOKEN": Pod.SECRET}, more_mounts=[
            self.pod.volume("secret", "/secrets", "ro"), self.pod.volume("pdp", "/run/ostiary", "rw")])
        self.assertEqual(found["files"], ["/secrets/token"])
        self.assertIn(1, found["memory"])
        self.assertIn("ostiary", found["folders"])

    def test_connects_under_no_other_user(self):
        sidecar = self.start()
        for user, groups, says in [
            (1001, (pod.POD_GROUP,), "refused: user 1001 may not use this socket"),
            (1001, (1001,), "user 1001 may not open that socket"),
            (pod.SIDECAR_USER, (pod.POD_GROUP,), "refused: user 65532 may not use this socket"),
            (0, (0,), "user 0 may not open that socket"),  # root without capabilities
            (0, (pod.POD_GROUP,), "refused: user 0 may not use this socket"),
        ]:
            with self.subTest(user=user, groups=groups):
                *answers, end = self.answers(self.pod.start_agent("call", "read", user=user, groups=groups))
                self.assertEqual(answers, [])
                self.assertEqual(end["status"], UNAVAILABLE)
                self.assertIn(says, end["stderr"])
        self.assertNotIn('"session_started"', sidecar.log())


class BeginningsAndEnds(PodShapeTest):
    def test_native_sidecars_end_after_the_agent(self):
        sidecar = self.start()
        agent, server = self.attached(sidecar)
        self.assertTrue(is_alive(server))
        agent.process.stdin.close()  # the agent's work is done
        self.assertEqual(json.loads(agent.process.stdout.readline())["status"], 0)
        self.assertEqual(agent.wait(), 0)
        eventually("its server has ended", lambda: not is_alive(server))
        self.assertTrue(sidecar.is_running())
        self.assertEqual(sidecar.terminate(), 0)

    def test_a_pod_that_is_deleted_while_the_agent_calls(self):
        # A kubelet's order: the agent is told, and killed where it does not listen; then the sidecar.
        sidecar = self.start()
        agent, server = self.attached(sidecar)
        agent.kill()
        eventually("its server has ended", lambda: not is_alive(server))
        self.assertEqual(sidecar.terminate(), 0)
        self.assertEqual(os.listdir(self.pod.path / "mcp"), ["toy.sock.lock"])

    def test_an_agent_that_is_faster_than_its_sidecar(self):
        self.pod.start_pdp()
        self.pod.run_init()
        agent = self.pod.start_agent("call", "read")
        eventually("it has begun", lambda: any(name_of(pid).startswith("ostiary") for pid in descendants_of(agent.pid)))
        self.pod.start_sidecar(wait=False)
        self.assertEqual(self.answers(agent)[0]["result"]["content"][0]["text"], "done")

    def test_a_sidecar_that_is_killed_and_started_again(self):
        sidecar = self.start()
        agent, _ = self.attached(sidecar)
        os.kill(sidecar.pid, signal.SIGKILL)
        sidecar.wait()
        end = self.answers(agent)[-1]
        self.assertEqual(end["status"], UNAVAILABLE)
        self.assertIn("the sidecar went away", end["stderr"])
        self.pod.start_sidecar()
        self.assertEqual(self.answers(self.pod.start_agent("call", "read"))[0]["id"], "read")


if __name__ == "__main__":
    unittest.main()
