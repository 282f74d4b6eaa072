# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # globals are shared with the files that lab/lab sources beside this one
# Names, places and small helpers that every command of the lab uses.

readonly network=10.77.0
readonly bridge=lab0
readonly max_hosts=60
readonly host_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

fail() {
    echo "lab: $*" >&2
    exit 1
}

note() {
    echo "lab: $*" >&2
}

# A daemon or a pipe may have closed it; the first file that bash opens would then become the standard input of everything.
keep_standard_input_open() {
    { : <&0; } 2>/dev/null || exec </dev/null
}

# Sets the globals that describe one lab: lab_name, state_base, state.
set_lab() {
    [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,31}$ ]] || fail "'$1' is no name for a lab: small letters, digits and dashes, at most 32"
    lab_name=$1
    state_base=${LAB_STATE:-/var/tmp/planner-lab}
    [[ $state_base =~ ^/[A-Za-z0-9._/+-]+$ ]] || fail "LAB_STATE must be an absolute path of plain characters, it is '$state_base'"
    state_base=${state_base%/}
    state=$state_base/$lab_name
    controller=$state/controller.net
    # The mark in the arguments of every host's init: finds the processes of this lab when its records are lost.
    process_mark=planner-lab:$state
    readonly lab_name state_base state controller process_mark
}

require_root() {
    [ "$(id -u)" -eq 0 ] || fail "'$1' makes namespaces and mounts: run it as root"
}

require_commands() {
    local name missing=()
    for name in "$@"; do
        command -v "$name" >/dev/null || missing+=("$name")
    done
    [ "${#missing[@]}" -eq 0 ] || fail "not installed: ${missing[*]}; run scripts/install-packages lab"
}

require_lab() {
    { [ -f "$state/hosts" ] && [ "$(stat -f -c %T "$controller" 2>/dev/null)" = nsfs ]; } ||
        fail "lab '$lab_name' is not up; start it with: lab --name $lab_name up N"
}

address_of() {
    local host=$1 address
    [ -f "$state/hosts" ] || require_lab
    address=$(sed -n "s/^$host //p" "$state/hosts")
    [ -n "$address" ] || fail "lab '$lab_name' has no host '$host' (hosts: $(cut -d' ' -f1 "$state/hosts" | paste -sd' '))"
    echo "$address"
}

# require_host HOST COMMAND: the lab is up and has this host.
require_host() {
    [ -n "${1:-}" ] || fail "'$2' wants a host, for example: lab $2 svc-1"
    require_lab
    [[ $1 =~ ^[a-z0-9-]+$ ]] || fail "'$1' is no name of a host"
    address_of "$1" >/dev/null
}

require_running() {
    require_host "$@"
    is_running "$1" || fail "host '$1' is down; start it with: lab --name $lab_name start $1"
}

# One command at a time changes a lab. The lock must not live on in the daemons that it starts: see boot_host.
lock_lab() {
    mkdir -p "$state_base"
    [ "$(stat -c %u "$state_base")" -eq 0 ] || fail "$state_base belongs to another user; set LAB_STATE"
    exec {lock_fd}>"$state_base/.$lab_name.lock"
    flock -w 90 "$lock_fd" || fail "another command still changes lab '$lab_name' (lock $state_base/.$lab_name.lock)"
}

in_controller() {
    nsenter --net="$controller" -- "$@"
}

# wait_until SECONDS COMMAND...: polls until the command succeeds.
wait_until() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

print_environment() {
    printf 'export PLANNER_IDENTITY=%q PLANNER_KNOWN_HOSTS=%q\n' "$state/id_ed25519" "$state/known_hosts"
}
