FROM python:3.14-slim
RUN uv sync --locked
