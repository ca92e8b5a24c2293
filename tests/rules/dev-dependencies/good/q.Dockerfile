FROM node:26-alpine3.24 AS build
RUN npm ci && npm run build && npm prune --omit=dev
FROM node:26-alpine3.24
COPY --from=build /app/node_modules ./node_modules
