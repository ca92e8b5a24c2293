import os

import redis.asyncio as redis
from fastapi import APIRouter

router = APIRouter(prefix="/visits")
client = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


@router.get("/{page}")
async def count(page: str) -> dict[str, int]:
    return {"visits": int(await client.get(page) or 0)}


@router.post("/{page}")
async def visit(page: str) -> dict[str, int]:
    return {"visits": await client.incr(page)}
