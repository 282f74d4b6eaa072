# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # globals are shared with the files that lab/lab sources beside this one
# One host: its record in the state directory, its processes, its start and its end.
#
#   host/NAME/init                  "PID START-TIME" of process 1 of the host, as this machine numbers it (written by host-init)
#   host/NAME/disk                  a tmpfs of limited size: what the host has written; outlives a crash
#   host/NAME/root                  where host-init mounts the host's file tree, in the host's own mount namespace
#   host/NAME/ssh_host_ed25519_key  its host key
#   host/NAME/log                   what its start printed

# Prints the PID of the host's init if it runs. The start time tells it from a later process with the same number.
init_pid() {
    local pid started line fields
    read -r pid started 2>/dev/null <"$state/host/$1/init" || return 1
    read -r line 2>/dev/null <"/proc/$pid/stat" || return 1
    read -ra fields <<<"${line##*) }"
    { [ "${fields[0]}" != Z ] && [ "${fields[19]}" = "$started" ]; } || return 1
    echo "$pid"
}

is_running() {
    init_pid "$1" >/dev/null
}

# Prepares what the first boot of a host reads: an empty disk and a host key.
create_host() {
    local directory=$state/host/$1
    mkdir -p "$directory"/{disk,root}
    mount -t tmpfs -o "size=${disk_mb}m,mode=755" "lab-$lab_name-$1" "$directory/disk"
    ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$directory/ssh_host_ed25519_key"
}

# Starts a host and returns at once; it goes on by itself in host-init.
boot_host() {
    local host=$1
    rm -f "$state/host/$host/init"
    # shellcheck disable=SC2154 # lock_fd is set by lock_lab
    env -i PATH="$host_path" LANG=C.UTF-8 \
        setsid --fork unshare --mount --net --uts --ipc --pid --fork --propagation private \
        bash "$lab_dir/lib/host-init" "$process_mark" "$state" "$host" "$(address_of "$host")" "$mode" \
        </dev/null >>"$state/host/$host/log" 2>&1 {lock_fd}>&-
}

has_started() {
    local pid
    pid=$(init_pid "$1") && [ -e "/proc/$pid/root/run/lab-ready" ]
}

has_failed() {
    [ -s "$state/host/$1/init" ] && ! is_running "$1"
}

started_or_failed() {
    has_started "$1" || has_failed "$1"
}

answers_ssh() {
    # shellcheck disable=SC2016 # expands in the inner shell
    in_controller timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/22" && read -r banner <&3 && [[ $banner == SSH-2.0* ]]' - "$1" 2>/dev/null
}

await_host() {
    local host=$1
    if ! wait_until "${LAB_WAIT:-60}" started_or_failed "$host" || has_failed "$host"; then
        fail "host $host did not start: $(tail -n 3 "$state/host/$host/log" | paste -sd'|')"
    fi
    wait_until "${LAB_WAIT:-60}" answers_ssh "$(address_of "$host")" || fail "host $host runs, but nothing answers at its port 22"
}

has_no_init() {
    ! is_running "$1"
}

# Ends a host the way a power cut does: first the cable, so that no farewell of its kernel gets out, then every process at once.
kill_host() {
    local host=$1 pid
    in_controller ip link delete "$host" 2>/dev/null || true
    pid=$(init_pid "$host") || return 0
    kill -KILL "$pid" 2>/dev/null || true
    wait_until 10 has_no_init "$host" || fail "process $pid, the init of host $host, does not end"
}

# Runs a command in the namespaces of a host, with none of the caller's environment.
in_host() {
    local host=$1 pid
    shift
    pid=$(init_pid "$host") || fail "host '$host' is down"
    nsenter --target "$pid" --mount --net --uts --ipc --pid --root --wd -- \
        env -i PATH="$host_path" HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"
}

command_exec() {
    require_running "${1:-}" exec
    [ $# -ge 2 ] || fail "'exec' wants a command, for example: lab exec $1 ip address"
    in_host "$@"
}

command_virsh() {
    require_running "${1:-}" virsh
    [ "$(<"$state/mode")" = full ] || fail "lab '$lab_name' was started with --ssh-only: it has no libvirt"
    local host=$1
    shift
    in_host "$host" virsh -c qemu:///system "$@"
}

ssh_options() {
    printf '%s\n' -F none -i "$state/id_ed25519" -o IdentitiesOnly=yes -o "UserKnownHostsFile=$state/known_hosts" \
        -o StrictHostKeyChecking=yes -o ConnectTimeout=10
}

command_ssh() {
    require_host "${1:-}" ssh
    local host=$1 options
    shift
    mapfile -t options < <(ssh_options)
    exec nsenter --net="$controller" -- ssh "${options[@]}" "root@$(address_of "$host")" "$@"
}

# Becomes the command: its PID and its signals are those of `lab run`.
command_run() {
    require_lab
    [ $# -ge 1 ] || fail "'run' wants a command, for example: lab run planner --version"
    exec nsenter --net="$controller" -- "$@"
}
