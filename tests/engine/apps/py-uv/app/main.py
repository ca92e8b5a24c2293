import logging
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import settings
from app.db import Item, engine, session

logging.basicConfig(level=settings.log_level.upper())


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(title="Orders", lifespan=lifespan)
Session = Annotated[AsyncSession, Depends(session)]


class NewItem(BaseModel):
    name: str


@app.get("/")
async def index() -> str:
    return "orders, first edition"


@app.get("/health")
async def health(db: Session) -> dict[str, str]:
    await db.execute(text("select 1"))
    return {"status": "ok"}


@app.get("/items")
async def items(db: Session) -> list[str]:
    return list(await db.scalars(select(Item.name).order_by(Item.id)))


@app.post("/items", status_code=201)
async def add(item: NewItem, db: Session) -> dict[str, int]:
    row = Item(name=item.name)
    db.add(row)
    await db.commit()
    return {"id": row.id}
