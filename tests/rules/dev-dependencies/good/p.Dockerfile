FROM node:26-alpine3.24
ENV NODE_ENV=production
RUN npm ci
