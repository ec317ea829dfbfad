"""`ostiary-sidecar install` as an init container of the sidecar's image runs it: no shell, not root, a volume that may
be read-only or full."""

import os
import subprocess
import unittest

import namespaces

namespaces.enter()

import containers  # noqa: E402

TARGET = "/opt/ostiary"


class Install(unittest.TestCase):
    def setUp(self):
        self.tree = containers.Tree()
        self.addCleanup(self.tree.close)
        self.tree.add("/ostiary-sidecar", containers.static_sidecar())
        self.tree.folder("/proc")
        self.mount("/proc", "-t", "proc", "none")

    def mount(self, name, *arguments):
        subprocess.run(["mount", *arguments, self.tree.path / name.lstrip("/")], check=True)
        self.addCleanup(subprocess.run, ["umount", self.tree.path / name.lstrip("/")], check=True)

    def volume(self, options):
        folder = self.tree.folder(TARGET)
        self.mount(TARGET, "-t", "tmpfs", "-o", options, "none")
        return folder

    def fails(self, says, folder):
        before = sorted(os.listdir(folder)) if folder else None
        install = self.tree.run("/ostiary-sidecar", "install", TARGET)
        self.assertRegex(install.stderr, f"^ostiary-sidecar: cannot install: {says}\n$")
        self.assertEqual((install.returncode, install.stdout), (78, ""))
        if folder:
            self.assertEqual(sorted(os.listdir(folder)), before)

    def test_installs_into_a_volume_whatever_user_it_has(self):
        folder = self.volume("size=64m,mode=0777")
        for _ in range(2):
            install = self.tree.run("/ostiary-sidecar", "install", TARGET)
            self.assertEqual((install.returncode, install.stderr), (0, ""))
        self.assertEqual(os.listdir(folder), ["ostiary-sidecar"])
        self.assertEqual((folder / "ostiary-sidecar").read_bytes(), containers.static_sidecar().read_bytes())
        self.assertEqual((folder / "ostiary-sidecar").stat().st_mode & 0o7777, 0o755)
        self.assertEqual(self.tree.run(f"{TARGET}/ostiary-sidecar", "--version").returncode, 0)

    def test_a_full_volume(self):
        # Room for the old one and half a new one.
        kilobytes = containers.static_sidecar().stat().st_size * 3 // 2 >> 10
        folder = self.volume(f"size={kilobytes}k,mode=0777")
        self.assertEqual(self.tree.run("/ostiary-sidecar", "install", TARGET).returncode, 0)
        old = (folder / "ostiary-sidecar").stat()
        self.fails(rf"write {TARGET}/\.ostiary-sidecar\.[0-9a-f]+: No space left on device; make more room there",
                   folder)
        self.assertEqual((folder / "ostiary-sidecar").stat().st_ino, old.st_ino)
        self.assertEqual(self.tree.run(f"{TARGET}/ostiary-sidecar", "--version").returncode, 0)

    def test_a_volume_without_room_for_a_name(self):
        self.fails(rf"create {TARGET}/\.ostiary-sidecar\.[0-9a-f]+: No space left on device; make more room there",
                   self.volume("nr_inodes=1,mode=0777"))

    def test_a_read_only_volume(self):
        self.fails(rf"create {TARGET}/\.ostiary-sidecar\.[0-9a-f]+: Read-only file system; mount it writable for this"
                   " container", self.volume("ro,mode=0777"))

    def test_a_volume_of_another_user(self):
        self.fails(rf"create {TARGET}/\.ostiary-sidecar\.[0-9a-f]+: Permission denied; user 65532 must be allowed to"
                   " write there", self.volume("mode=0755"))

    def test_no_volume(self):
        self.fails(f"open {TARGET}: No such file or directory; give a folder that exists, such as the mount of a volume",
                   None)


if __name__ == "__main__":
    unittest.main()
