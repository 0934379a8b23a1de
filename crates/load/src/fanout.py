"""The same fan-out in Python: a post goes to the queue of every open stream."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

clients = set()
count = 0


async def publish(request):
    global count
    count += 1
    frame = b"id: %d\nevent: message\ndata: %s\n\n" % (count, await request.body())
    for queue in clients:
        queue.put_nowait(frame)
    return Response(status_code=201)


async def stream():
    queue = asyncio.Queue()
    clients.add(queue)
    try:
        yield b"retry: 3000\n\n"
        while True:
            yield await queue.get()
    finally:
        clients.discard(queue)


async def sse(request):
    return StreamingResponse(stream(), media_type="text/event-stream")


app = Starlette(routes=[Route("/publish", publish, methods=["POST"]), Route("/sse", sse)])
