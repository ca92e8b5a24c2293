#!/bin/bash
# Refuses what the official one refuses; root steps down to rabbitmq, for which it needs capabilities.
set -euo pipefail
for name in RABBITMQ_DEFAULT_PASS_FILE RABBITMQ_DEFAULT_USER_FILE; do
  if [ -n "${!name:-}" ]; then echo "$name is set, and RabbitMQ reads no such file" >&2; exit 1; fi
done
if [ "$(id -u)" = 0 ] && [[ $1 == rabbitmq* ]]; then
  chown -R rabbitmq: /var/lib/rabbitmq
  exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$0" "$@"
fi
exec "$@"
