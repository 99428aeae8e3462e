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

make_venv() {
    local python
    python="$(find_python)"
    echo "  Making .venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
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

# Help needs no set-up. `prove` and `bench` explain themselves, once they can run.
wants_help() {
    case "${1:-help} ${2:-}" in
    "prove "* | "bench "*) [ ! -f "$stamp" ] && [[ "${2:-}" =~ ^(-h|--help)$ ]] ;;
    "help "* | -h* | --help* | *" -h" | *" --help") ;;
    *) false ;;
    esac
}

# What .venv is made of: the lock, and the Python in it. Nothing where it does not run.
describe_venv() {
    "$venv/bin/python" -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest(), sys.version_info[:2])' "$lock" 2>/dev/null || true
}

# Safe path: the caller's directory never comes first on Python's search path.
export PYTHONPATH="$root" PYTHONSAFEPATH=1

if wants_help "$@"; then
    python="$(find_python)"
    exec "$python" -m compose.local.arguments "$@"
fi
wanted="$(describe_venv)"
if [ -z "$wanted" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    # First whatever asks for a password, then whatever takes long.
    python="$(find_python)"
    "$python" -m compose.local.packages "${1:-help}"
    # Another Python may have taken the place of the one that .venv was made with.
    "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.prefix == sys.base_prefix)' 2>/dev/null ||
        make_venv
    install_requirements
    describe_venv >"$stamp"
fi
exec "$venv/bin/python" -m compose.local "$@"
