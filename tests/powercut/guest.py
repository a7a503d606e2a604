"""A machine in qemu, by software emulation: Debian's kernel, busybox, and coverd.

The kernel and what loads its drivers stay in the cache. A second disk, which is only read, holds the program with the
libraries that it needs, and the script that runs it.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import zlib

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net")
# Makes the image of a disk, with the blocks of a large one.
MAKE = ("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-J", "size=4")

# The first process. 127.0.0.1 is the machine that this one runs on: there is no other loopback here.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
while [ ! -b /dev/vdb ] || [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done
mount -t ext4 -o ro /dev/vdb /system && mount -t ext4 /dev/vda /system/disk || poweroff -f
echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
ip address add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add 127.0.0.0/8 via 10.0.2.2
mount --move /proc /system/proc; mount --move /dev /system/dev
exec switch_root /system /bin/sh /service
"""

# What a service manager does: coverd runs, and where it ends it is started again. Nothing else lends a hand.
SERVICE = """export PATH=/bin
grep -q copies=yes /proc/cmdline && {
    number=1
    while [ -e "/disk/backup-$number" ]; do number=$((number + 1)); done
    sleep 1
    echo "trial: backup-$number begins"
    coverd --config /coverd.toml db backup "/disk/backup-$number" && echo "trial: backup-$number done"
    archive=archive-$number.warc.gz
    echo "trial: $archive begins"
    coverd --config /coverd.toml archive export --out "/disk/$archive" && echo "trial: $archive done"
} &
while :; do
    echo "trial: coverd starts"
    coverd --config /coverd.toml run
    echo "trial: coverd ended with $?"
    sleep 1
done
"""


def run(*words, **how):
    """Runs a tool of the system, which has to work."""
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, text=True, **how).stdout


def put(program, name, root):
    """Puts a program and the libraries that it needs into a tree."""
    shutil.copy(program, root / "bin" / name)
    # It fails where the program needs none.
    needs = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    for library in re.findall(r"(/\S+) \(0x", needs):
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)


def kernel(cache):
    """The folder with kernel and drivers, made where it is missing."""
    made = pathlib.Path(cache) / f"powercut-{zlib.crc32(repr((DRIVERS, INIT)).encode()):08x}"
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        scratch = pathlib.Path(scratch)
        package = re.search(r"Depends: (linux-image\S+)", run("apt-cache", "depends", "linux-image-cloud-amd64"))[1]
        run("apt-get", "-o", "APT::Sandbox::User=root", "download", "-qq", package, cwd=scratch)
        run("dpkg-deb", "-x", next(scratch.glob("*.deb")), scratch / "x")
        version = next((scratch / "x/lib/modules").iterdir()).name
        root = scratch / "initrd"
        for folder in ("bin", "dev", "proc", "sys", "system", "modules"):
            (root / folder).mkdir(parents=True)
        put(shutil.which("busybox"), "busybox", root)
        run("depmod", "-b", scratch / "x", version)
        order = []
        for driver in DRIVERS:
            for line in run("modprobe", "-d", scratch / "x", "-S", version, "--show-depends", driver).splitlines():
                module = pathlib.Path(line.split()[1])
                if line.startswith("insmod") and module.name not in order:
                    order.append(module.name)
                    shutil.copy(module, root / "modules")
        (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
        (root / "init").write_text(INIT)
        (root / "init").chmod(0o755)
        done = scratch / "done"
        done.mkdir()
        shutil.copy(scratch / f"x/boot/vmlinuz-{version}", done / "vmlinuz")
        pack = 'find . | busybox cpio -o -H newc >"$1" 2>/dev/null'
        run("sh", "-c", pack, "sh", done / "initrd", cwd=root)
        if not made.exists():  # else somebody made the same meanwhile
            done.rename(made)
    return made


def system(program, configuration, image):
    """Makes the image of the disk with the program."""
    with tempfile.TemporaryDirectory(dir=image.parent) as root:
        root = pathlib.Path(root)
        for folder in ("bin", "dev", "proc", "tmp", "disk"):
            (root / folder).mkdir()
        put(program, "coverd", root)
        put(shutil.which("busybox"), "busybox", root)
        for applet in ("sh", "sleep", "grep"):
            (root / "bin" / applet).symlink_to("busybox")
        # coverd begins only with some authorities to trust, although nobody is asked by TLS here.
        (root / "etc/ssl/certs").mkdir(parents=True)
        shutil.copy(os.environ.get("SSL_CERT_FILE", AUTHORITIES), root / AUTHORITIES.lstrip("/"))
        (root / "coverd.toml").write_text(configuration)
        (root / "service").write_text(SERVICE)
        size = sum(path.stat().st_size for path in root.rglob("*")) * 5 // 4 // 2**20 + 16
        run(*MAKE, "-d", root, image, f"{size}M")


class Guest:
    """The machine, running. `heard` gets each line that it says."""

    def __init__(self, base, system_image, socket, hour, words, heard):
        self.process = subprocess.Popen(
            [
                # It ends with this program, however that ends.
                *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "384"),
                *("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
                *("-rtc", f"base={hour:%Y-%m-%dT%H:%M:%S}"),
                *("-kernel", base / "vmlinuz", "-initrd", base / "initrd"),
                *("-append", f"console=ttyS0 quiet net.ifnames=0 panic=-1 random.trust_cpu=on {words}"),
                *("-drive", f"file=nbd:unix:{socket},if=virtio,format=raw,cache=none"),
                *("-drive", f"file={system_image},if=virtio,format=raw,readonly=on"),
                *("-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net,romfile="),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.reader = threading.Thread(target=self._read, args=(heard,), daemon=True)
        self.reader.start()

    def _read(self, heard):
        for line in self.process.stdout:
            heard(line.decode(errors="replace").rstrip())

    def kill(self):
        """As when its plug is pulled."""
        self.process.kill()
        self.process.wait()
