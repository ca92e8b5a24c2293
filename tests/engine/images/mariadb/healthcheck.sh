#!/bin/bash
# Healthy when the server answers over TCP and its engine is ready, asked by a user made for that.
set -euo pipefail
ask() { mariadb --defaults-file=/var/lib/mysql/.my-healthcheck.cnf --host=127.0.0.1 --skip-ssl --skip-column-names -e "$1"; }
for option in "$@"; do
  case $option in
    --connect) ask 'select 1' >/dev/null ;;
    --innodb_initialized) [ "$(ask "select count(*) from information_schema.engines where engine = 'innodb' and support in ('default', 'yes')")" = 1 ] ;;
    *) echo "unknown option $option" >&2; exit 1 ;;
  esac
done
