import os

import psycopg
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Notes")


class Note(BaseModel):
    text: str


def connect() -> psycopg.Connection:
    db = psycopg.connect(os.environ["DATABASE_URL"])
    db.execute("create table if not exists notes (id serial primary key, text text not null)")
    return db


@app.get("/")
def index() -> str:
    return "notes, first edition"


@app.get("/health")
def health() -> dict[str, str]:
    with connect() as db:
        db.execute("select 1")
    return {"status": "ok"}


@app.get("/notes")
def notes() -> list[str]:
    with connect() as db:
        return [text for (text,) in db.execute("select text from notes order by id")]


@app.post("/notes", status_code=201)
def add(note: Note) -> Note:
    with connect() as db:
        db.execute("insert into notes (text) values (%s)", [note.text])
    return note
