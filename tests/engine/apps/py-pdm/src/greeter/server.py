from fastapi import FastAPI

from greeter import __version__

application = FastAPI(title="Greeter", version=__version__)


@application.get("/livez")
def livez() -> str:
    return "ok"


@application.get("/hello/{name}")
def hello(name: str) -> dict[str, str]:
    return {"greeting": f"Hello, {name}", "version": __version__}
