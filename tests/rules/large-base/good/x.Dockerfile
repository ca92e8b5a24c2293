FROM golang:1.27 AS build
FROM scratch
