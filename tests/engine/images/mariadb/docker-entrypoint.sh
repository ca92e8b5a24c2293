#!/bin/bash
# First start: makes the database by a server that listens on its socket alone, with the users that
# MARIADB_* and MARIADB_*_FILE name. Root steps down to mysql, for which it needs capabilities.
set -euo pipefail
data=/var/lib/mysql socket=/run/mysqld/mysqld.sock

value() { # NAME: its value, or that of the file which NAME_FILE names
  local file=$1_FILE
  if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then echo "both $1 and $file are set" >&2; exit 1; fi
  if [ -n "${!file:-}" ]; then cat "${!file}"; else printf %s "${!1:-}"; fi
}
if [ "$1" != mariadbd ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then
  chown -R mysql: "$data" /run/mysqld
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi
if [ ! -d "$data/mysql" ]; then
  root=$(value MARIADB_ROOT_PASSWORD) user=$(value MARIADB_USER)
  password=$(value MARIADB_PASSWORD) database=$(value MARIADB_DATABASE)
  [ -n "$root" ] || { echo 'no password for root is given' >&2; exit 1; }
  mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
  "$@" --skip-networking --socket="$socket" &
  server=$!
  until mariadb --socket="$socket" -uroot -e 'select 1' >/dev/null 2>&1; do
    kill -0 "$server" && sleep 0.2
  done
  check=$(head -c 24 /dev/urandom | base64)
  printf '[mariadb-client]\nport = 3306\nsocket = %s\nuser = healthcheck\npassword = %s\nprotocol = tcp\n' "$socket" "$check" >"$data/.my-healthcheck.cnf"
  {
    for host in 127.0.0.1 ::1 localhost; do
      echo "create user healthcheck@'$host' identified by '$check'; grant usage on *.* to healthcheck@'$host';"
    done
    [ -z "$database" ] || echo "create database \`$database\`;"
    [ -z "$user" ] || echo "create user '$user'@'%' identified by '$password'; grant all on \`$database\`.* to '$user'@'%';"
    host=$(value MARIADB_ROOT_HOST)
    if [ "${host:=%}" != localhost ]; then
      echo "create user root@'$host' identified by '$root'; grant all on *.* to root@'$host' with grant option;"
    fi
    echo "alter user root@localhost identified by '$root';"
  } | mariadb --socket="$socket" -uroot
  kill "$server" && wait "$server"
fi
unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
exec "$@"
