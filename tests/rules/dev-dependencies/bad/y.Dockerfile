FROM node:26-alpine3.24 AS build
WORKDIR /app
RUN yarn --frozen-lockfile
FROM node:26-alpine3.24
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app ./
