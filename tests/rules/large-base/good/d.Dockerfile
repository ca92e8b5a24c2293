FROM gcr.io/distroless/nodejs26-debian13:nonroot
