import os

from fastapi import FastAPI
from sqlmodel import Session, SQLModel, create_engine, select, text

from catalog.models import Product

engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
SQLModel.metadata.create_all(engine)


def create_app() -> FastAPI:
    api = FastAPI(title="Catalog")

    @api.get("/health")
    def health():
        with Session(engine) as session:
            session.exec(text("select 1"))
        return {"ok": True}

    @api.get("/items")
    def items() -> list[Product]:
        with Session(engine) as session:
            return list(session.exec(select(Product)))

    @api.post("/items", status_code=201)
    def add(product: Product) -> Product:
        with Session(engine) as session:
            session.add(product)
            session.commit()
            session.refresh(product)
        return product

    return api
