#!/usr/bin/env bash
# PgBouncer in transaction mode (Debian's package, 1.18.0 here; PostgreSQL 15.18): a client that says LISTEN hears nothing, but its
# neighbour does. The server notifies the session that both share, and PgBouncer hands what comes on it to whoever uses it then.
#
# Guess: LISTEN is refused, or what is notified is dropped.
# Seen:  LISTEN succeeds; the listener hears []; the client that sent NOTIFY, and never listened, hears its own ['work'].
# So:    a listener goes around the pooler; behind it a process must bear notifications that it did not ask for.
set -euo pipefail
folder="$(mktemp -d)"
chmod 755 "$folder"
as=()
[ "$(id -u)" = 0 ] && { chown nobody "$folder"; as=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups); }
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download -qq pgbouncer && dpkg-deb -x pgbouncer_*.deb "$folder/pgbouncer")
bouncer="$folder/pgbouncer/usr/sbin/pgbouncer"
"$bouncer" --version | head -1
server="$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)"
"$server/postgres" --version
"${as[@]}" "$server/initdb" -D "$folder/data" -U shop -A trust >"$folder/log"
"${as[@]}" "$server/postgres" -D "$folder/data" -k "$folder" -p 25432 -h 127.0.0.1 >>"$folder/log" 2>&1 &
pids+=($!)
cat >"$folder/bouncer.ini" <<'INI'
[databases]
* = host=127.0.0.1 port=25432 user=shop
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 26432
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
INI
"${as[@]}" "$bouncer" -q "$folder/bouncer.ini" 2>>"$folder/log" &
pids+=($!)
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check psycopg2-binary==2.9.10
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import select
import time

import psycopg2


def connect():
    for _ in range(100):
        try:
            link = psycopg2.connect(host="127.0.0.1", port=26432, user="shop", dbname="postgres")
            link.autocommit = True
            return link
        except psycopg2.OperationalError:
            time.sleep(0.1)
    raise SystemExit("no pooler")


listener, neighbour = connect(), connect()
listener.cursor().execute("LISTEN orders")
neighbour.cursor().execute("NOTIFY orders, 'work'")
select.select([listener], [], [], 1)
listener.poll()
print("listener", [one.payload for one in listener.notifies])
neighbour.cursor().execute("SELECT 1")
print("neighbour", [one.payload for one in neighbour.notifies])
PYTHON
diff "$folder/seen" - <<'SEEN'
listener []
neighbour ['work']
SEEN
