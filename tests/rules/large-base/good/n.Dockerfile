FROM node:26-trixie-slim
