import os

from fastapi import FastAPI

from routers import visits

app = FastAPI(title=os.getenv("APP_TITLE", "Visits"))
app.include_router(visits.router)


@app.get("/")
async def index() -> str:
    return "visits, first edition"


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    return {"redis": await visits.client.ping()}
