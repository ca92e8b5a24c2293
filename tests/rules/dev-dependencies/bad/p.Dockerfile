FROM python:3.14-slim
RUN pip install -r requirements-dev.txt
