FROM alpine:3.24
CMD ["true"]
