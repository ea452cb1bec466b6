#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""A TCP relay on loopback that adds the distance of a network: one round trip before the first byte of a connection (what
its set-up costs), and half a round trip in each direction for everything after it. Prints its port.

    relay.py TARGET_PORT [ROUND_TRIP_MS]
"""
import asyncio
import collections
import sys


async def carry(reader, writer, delay, not_before):
    """Bytes leave `delay` after they came, in order, however many came meanwhile."""
    loop = asyncio.get_running_loop()
    queue, more = collections.deque(), asyncio.Event()

    async def send():
        while True:
            while not queue:
                more.clear()
                await more.wait()
            due, data = queue.popleft()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                break
            writer.write(data)
        try:
            writer.write_eof()
        except OSError:
            pass

    sender = asyncio.create_task(send())
    while True:
        try:
            data = await reader.read(65536)
        except OSError:
            data = b""
        queue.append((max(loop.time(), not_before) + delay, data))
        more.set()
        if not data:
            break
    await sender


async def serve(target, round_trip):
    async def client(reader, writer):
        # The kernel has already accepted; a client over the distance would have waited one round trip for that.
        not_before = asyncio.get_running_loop().time() + round_trip
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", target)
        try:
            await asyncio.gather(carry(reader, up_writer, round_trip / 2, not_before), carry(up_reader, writer, round_trip / 2, 0))
        except OSError:
            pass
        finally:
            writer.close()
            up_writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), (float(sys.argv[2]) if len(sys.argv) > 2 else 40) / 1000))
