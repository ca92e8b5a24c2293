FROM alpine:3.24
RUN <<EOF
set -e
apk add curl
EOF
