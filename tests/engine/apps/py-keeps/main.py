"""Keeps what it is given beside its code, as small apps do: a database, files, a log."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from fastapi import FastAPI
from sqlmodel import Field, Session, SQLModel, create_engine, select

UPLOADS = Path("uploads")
UPLOADS.mkdir(exist_ok=True)
log = logging.getLogger("keep")
log.addHandler(RotatingFileHandler("keep.log", maxBytes=100_000, backupCount=2))

sqlite_file_name = "keep.db"
engine = create_engine(f"sqlite:///{sqlite_file_name}")


class Item(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str


SQLModel.metadata.create_all(engine)
app = FastAPI()


@app.get("/health")
def health() -> dict[str, bool]:
    return {"ok": True}


@app.get("/items")
def items() -> list[Item]:
    with Session(engine) as session:
        return list(session.exec(select(Item)).all())


@app.post("/items", status_code=201)
def add(item: Item) -> None:
    with Session(engine) as session:
        session.add(item)
        session.commit()
        (UPLOADS / str(item.id)).write_text(item.name)
    log.warning("one more")
