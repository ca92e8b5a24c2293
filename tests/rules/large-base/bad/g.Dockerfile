FROM golang:1.27-alpine3.24 AS base
FROM base
