from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root() -> str:
    return "hello"


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
