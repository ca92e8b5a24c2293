FROM gcr.io/distroless/static-debian13:nonroot
USER nonroot:nonroot
