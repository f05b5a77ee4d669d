"""Sends packets and tells where they come out. Runs in the router's namespace, where the far ends of its wires are too.

One request per line of standard input, JSON:
  {"send": [{"dev": "p0", "frames": [hex, ...]} | {"uid": 0, "gid": 0, "from": address, "to": address, "packet": hex}], "expect": [id, ...]}
The answer: {"seen": [[dev, hex], ...]}: every frame with a marker that came out of the router, up to its 200th byte.
A frame is waited for only when its id is expected, and then for five seconds.
"""

import ctypes
import json
import select
import socket
import struct
import sys
import time

MARKER = b"2ndO"
PACKET_OUTGOING = 4
libc = ctypes.CDLL(None)


def listen(dev):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((dev, 0))
    sock.setblocking(False)
    return sock


devices = {dev: listen(dev) for dev in sys.argv[1:]}


def drain(seen, ids):
    for dev, sock in devices.items():
        while True:
            try:
                frame, address = sock.recvfrom(4096)
            except OSError:  # Nothing more, or the line is down.
                break
            at = frame.find(MARKER)
            if address[2] == PACKET_OUTGOING or at < 0:
                continue
            ids.add(struct.unpack_from(">I", frame, at + 4)[0])
            seen.append([dev, frame[:200].hex()])


def send_local(one):
    """The socket belongs to whoever made it: xt_owner and nft look at that, ip rules too."""
    family = socket.AF_INET6 if ":" in one["to"] else socket.AF_INET
    libc.setfsgid(one["gid"])
    libc.setfsuid(one["uid"])
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    libc.setfsuid(0)
    libc.setfsgid(0)
    try:
        sock.bind((one["from"], 0))
        sock.sendto(bytes.fromhex(one["packet"]), (one["to"], 0))
    except OSError:
        pass  # Refused by a kill switch, or dropped: it is seen nowhere.
    sock.close()


for line in sys.stdin:
    request = json.loads(line)
    seen, ids = [], set()
    for one in request["send"]:
        if "dev" in one:
            for frame in one["frames"]:
                devices[one["dev"]].send(bytes.fromhex(frame))
        else:
            send_local(one)
        drain(seen, ids)
    wanted = set(request["expect"])
    end = time.monotonic() + 5
    while not wanted <= ids and time.monotonic() < end:
        select.select(list(devices.values()), [], [], 0.05)
        drain(seen, ids)
    # What should be nowhere has had its time by then: packets keep their order.
    time.sleep(0.02)
    drain(seen, ids)
    print(json.dumps({"seen": seen}), flush=True)
