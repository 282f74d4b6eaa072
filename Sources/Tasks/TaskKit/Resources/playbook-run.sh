#!/bin/sh
# Carries out a playbook on this host: playbook-run DIRECTORY PLAYBOOK INVENTORY [ARGUMENT ...]
#
# PLAYBOOK is seen from DIRECTORY, where an ansible.cfg may lie; INVENTORY may be empty; the arguments are those of ansible-playbook.
# Behind this script stands a callback plugin, which is put beside the run and tells of every play, task and host. Whatever else prints is
# left as it is configured.
set -u
directory=$1 playbook=$2 inventory=$3
shift 3

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

command -v ansible-playbook >/dev/null || fail "ansible-playbook is not installed on this host"
cd "$directory" || fail "there is no directory $directory on this host"
[ -f "$playbook" ] || fail "there is no playbook $directory/$playbook on this host"

callback=${0%/*}/callback
mkdir -p "$callback" || fail "the callback plugin cannot be stored"
sed -n '/^# --- planner_events: the callback plugin ---$/,$p' "$0" >"$callback/planner_events.py" ||
    fail "the callback plugin cannot be stored"

# Ansible refuses to work in any other character set, and a login without a terminal often has none.
case $(locale charmap 2>/dev/null) in
    UTF-8) ;;
    *)
        LC_ALL=C.UTF-8
        export LC_ALL
        ;;
esac

# The directories of plugins that are configured stay.
others=${ANSIBLE_CALLBACK_PLUGINS:-}
if [ -z "$others" ] && command -v ansible-config >/dev/null; then
    others=$(ansible-config dump 2>/dev/null | sed -n "s/^DEFAULT_CALLBACK_PLUGIN_PATH([^=]*) = \[\(.*\)\]$/\1/p" |
        sed "s/', '/:/g; s/^'//; s/'$//")
fi
ANSIBLE_CALLBACK_PLUGINS=$callback${others:+:$others}
PYTHONUNBUFFERED=1
ANSIBLE_NOCOLOR=1
export ANSIBLE_CALLBACK_PLUGINS PYTHONUNBUFFERED ANSIBLE_NOCOLOR
unset ANSIBLE_FORCE_COLOR

if [ -n "$inventory" ]; then set -- -i "$inventory" "$@"; fi
exec ansible-playbook "$@" "$playbook"
