#!/usr/bin/env python3
"""Frames of the standard input over a WebSocket of TLS, one after the other: each answer is a line of the output.

By the package `websockets`, which nobody of this project has written. Events between answers are passed over.
"""
import asyncio, json, ssl, sys

import websockets


async def main(address):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with websockets.connect(f"wss://{address}/", ssl=context, max_size=64 << 20) as socket:
        for line in sys.stdin:
            wanted = json.loads(line)["id"]
            await socket.send(line)
            while True:
                answer = json.loads(await socket.recv())
                if answer["id"] == wanted:
                    break
            print(json.dumps(answer), flush=True)


asyncio.run(main(sys.argv[1]))
