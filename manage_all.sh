#!/usr/bin/env bash
# Souk on one machine. `./manage_all.sh help` lists the commands; `up` opens the shop.
# This script only makes the Python environment; compose/local does the rest.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
venv="$root/.venv"
lock="$root/requirements.lock"
stamp="$venv/.installed"

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

find_python() {
    local name
    for name in "${SOUK_PYTHON:-python3}" python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Souk needs Python 3.11 or newer: install it, or name it with SOUK_PYTHON=/path/to/python3."
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Debian keeps the venv module in a package of its own.
install_venv_module() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null ||
        fail "Python cannot make virtual environments here: please install python3-venv and try again."
    echo "  Installing python3-venv"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y python3-venv >/dev/null
}

make_venv() {
    local python
    python="$(find_python)"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_venv_module
    echo "  Making .venv with $("$python" --version)"
    "$python" -m venv "$venv"
}

install_requirements() {
    local began=$SECONDS log="$venv/install.log"
    echo "  Installing $(grep -c '^[a-zA-Z]' "$lock") Python packages (a minute or two)"
    if ! "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes \
        --requirement "$lock" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "The Python packages could not be installed; the whole story is in $log."
    fi
    echo "  Python packages installed in $((SECONDS - began)) s"
}

[ -x "$venv/bin/python" ] || make_venv
wanted="$("$venv/bin/python" -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest(), sys.version_info[:2])' "$lock")"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    install_requirements
    printf '%s\n' "$wanted" >"$stamp"
fi

# Safe path: the caller's directory never comes first on Python's search path.
exec env PYTHONPATH="$root" PYTHONSAFEPATH=1 "$venv/bin/python" -m compose.local "$@"
