"""A disk that loses at a power cut what it was not told to flush: a server of network block devices (NBD), for qemu.

A real disk keeps writes in its own memory and says that they are done. Only a flush, or a write with "force unit
access", promises that they are there after a power cut; of the rest any sectors may be there and any others not.
"""

import contextlib
import mmap
import socket
import struct
import threading

# As of today's disks, which write one whole or not at all; ext4 relies on that for the end of its journal.
SECTOR = 4096
OPTION, REPLY = b"IHAVEOPT", 0x3E889045565A9
GO, ACKNOWLEDGED, EXPORT, UNSUPPORTED = 7, 1, 3, 0x80000001
HAS_FLAGS, CAN_FLUSH, CAN_FORCE = 1, 4, 8
READ, WRITE, LEAVE, FLUSH = range(4)


class Disk:
    """The disk whose bytes are in the file `image`, served at the socket `path`. `chance` says what a cut loses, `cut`
    is called when the fuse is burnt."""

    def __init__(self, image, path, chance, cut):
        self.chance, self.cut = chance, cut
        with open(image, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 0)
        self.lock = threading.RLock()
        self.before = {}  # what was in each sector that was written since the last flush
        self.fuse = None  # how many more writes and flushes until the power goes
        self.is_dead = False
        self.changes = 0  # writes and flushes
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def light(self, length):
        """The power goes after so many writes and flushes."""
        with self.lock:
            self.fuse = length

    def lose(self):
        """The power is gone: nothing more is taken, and of what was not flushed nothing, all or something is there.
        Returns how many sectors were lost, and of how many."""
        with self.lock:
            self.is_dead = True
            share = self.chance.choice((0.0, 0.5, 0.5, 0.9, 1.0))
            lost = [sector for sector in self.before if self.chance.random() < share]
            for sector in lost:
                self.bytes[sector * SECTOR : (sector + 1) * SECTOR] = self.before[sector]
            return len(lost), len(self.before)

    def close(self):
        self.listener.close()
        self.bytes.flush()
        self.bytes.close()

    def _listen(self):
        with contextlib.suppress(OSError, ValueError, struct.error):  # qemu is gone, or so is the power
            self._serve(self.listener.accept()[0])

    def _serve(self, link):
        stream = link.makefile("rb")

        def take(form):
            return struct.unpack(form, stream.read(struct.calcsize(form)))

        flags = HAS_FLAGS | CAN_FLUSH | CAN_FORCE
        link.sendall(b"NBDMAGIC" + OPTION + struct.pack(">H", 3))
        take(">I")
        while True:
            _, option, length = take(">8sII")
            stream.read(length)
            if option == GO:
                about = struct.pack(">HQH", 0, len(self.bytes), flags)
                link.sendall(struct.pack(">QIII", REPLY, option, EXPORT, len(about)) + about)
                link.sendall(struct.pack(">QIII", REPLY, option, ACKNOWLEDGED, 0))
                break
            link.sendall(struct.pack(">QIII", REPLY, option, UNSUPPORTED, 0))
        while True:
            _, forced, kind, cookie, start, length = take(">IHHQQI")
            if kind == LEAVE:
                return
            data = stream.read(length) if kind == WRITE else b""
            with self.lock:
                if self.is_dead:
                    return
                said = self._do(kind, forced, start, length, data)
                if self.is_dead:
                    return
            link.sendall(struct.pack(">IIQ", 0x67446698, 0, cookie) + said)

    def _do(self, kind, forced, start, length, data):
        if kind == READ:
            return self.bytes[start : start + length]
        self.changes += 1
        if self.fuse is not None:
            self.fuse -= 1
        burnt = self.fuse is not None and self.fuse <= 0
        # A flush in which the power goes has not happened; a write is among those of which some are there.
        if kind == WRITE:
            for sector in range(start // SECTOR, -(-(start + length) // SECTOR)):
                self.before.setdefault(sector, self.bytes[sector * SECTOR : (sector + 1) * SECTOR])
            self.bytes[start : start + length] = data
        if burnt:
            self.cut()
        elif kind == FLUSH:
            self.before.clear()
        elif forced & 1:
            for place in range(start, start + length, SECTOR):
                self.before.pop(place // SECTOR, None)
        return b""
