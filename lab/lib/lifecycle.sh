# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # globals are shared with the files that lab/lab sources beside this one
# The whole lab: up, down, status.

hosts_of() {
    cut -d' ' -f1 "$state/hosts"
}

make_controller() {
    : >"$controller"
    unshare --net="$controller" true
    in_controller ip -batch - <<BATCH
link set lo up
link add $bridge type bridge
address add $network.1/24 dev $bridge
link set $bridge up
BATCH
}

make_keys() {
    ssh-keygen -q -t ed25519 -N '' -C "planner-lab-$lab_name" -f "$state/id_ed25519"
    ssh-keygen -q -t ed25519 -N '' -C "director@$lab_name" -f "$state/director"
}

make_state() {
    local count=$1 i
    install -d -m 700 "$state"
    mkdir "$state/host"
    echo "$mode" >"$state/mode"
    {
        echo "ms $network.10"
        for ((i = 1; i <= count; i++)); do echo "svc-$i $network.$((10 + i))"; done
    } >"$state/hosts"
    make_keys
    make_controller
}

create_hosts() {
    local host address jobs=() job
    for host in $(hosts_of); do
        create_host "$host" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || fail "the disk or the host key of a host could not be made"; done
    while read -r host address; do
        echo "$address,$host $(cut -d' ' -f1,2 "$state/host/$host/ssh_host_ed25519_key.pub")"
    done <"$state/hosts" >"$state/known_hosts"
}

is_up_with() {
    local host
    [ -f "$state/hosts" ] && [ -f "$state/complete" ] && [ "$(<"$state/mode")" = "$mode" ] || return 1
    [ "$(wc -l <"$state/hosts")" -eq $(($1 + 1)) ] || return 1
    for host in $(hosts_of); do is_running "$host" || return 1; done
}

# shellcheck disable=SC2317 # called by trap
abandon_up() {
    local status=$?
    trap - EXIT INT TERM
    [ -e "$state/complete" ] && exit "$status"
    note "up failed, taking lab '$lab_name' down again"
    remove_lab
    exit $((status == 0 ? 1 : status))
}

command_up() {
    local count host
    mode=full
    if [ "${1:-}" = --ssh-only ]; then
        mode=ssh-only
        shift
    fi
    count=${1:-}
    { [ $# -eq 1 ] && [[ $count =~ ^[0-9]{1,3}$ ]] && [ "$((10#$count))" -ge 1 ] && [ "$((10#$count))" -le "$max_hosts" ]; } ||
        fail "'up' wants the number of hosts, 1 to $max_hosts, for example: lab up 3"
    count=$((10#$count))
    disk_mb=${LAB_DISK_MB:-$([ "$mode" = full ] && echo 512 || echo 64)}
    [[ $disk_mb =~ ^[1-9][0-9]*$ ]] || fail "LAB_DISK_MB must be a number, it is '$disk_mb'"
    require_commands ip nsenter unshare flock setsid ssh ssh-keygen sshd nft
    [ "$mode" = ssh-only ] || require_commands libvirtd virtlogd virsh qemu-system-x86_64 qemu-img genisoimage busybox ansible-playbook
    lock_lab
    if [ -e "$state" ]; then
        is_up_with "$count" || fail "lab '$lab_name' exists with other hosts, or was left half-way; remove it with: lab --name $lab_name down"
        note "lab '$lab_name' is already up"
        return 0
    fi
    trap abandon_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    make_state "$count"
    create_hosts
    for host in $(hosts_of); do boot_host "$host"; done
    for host in $(hosts_of); do await_host "$host"; done
    touch "$state/complete"
}

command_status() {
    [ -f "$state/hosts" ] || fail "lab '$lab_name' is not up"
    local host address pid condition link
    while read -r host address; do
        if pid=$(init_pid "$host"); then condition=running; else condition=down pid=-; fi
        link=$(in_controller ip -brief link show "$host" 2>/dev/null | awk '{ print $2 == "UP" ? "plugged" : "cut" }') || link=
        printf '%-7s %-12s %-8s %-8s pid %s\n' "$host" "$address" "$condition" "${link:--}" "$pid"
    done <"$state/hosts"
}

# The processes with the lab's mark: inits of hosts, also those whose record is lost, and what waits for them.
marked_processes() {
    # By file, or grep would find itself.
    grep -lzxF -f <(echo "$process_mark") /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3
}

# Whatever was started by `lab run` and still runs, but not this command or those who called it.
controller_processes() {
    [ "$(stat -f -c %T "$controller" 2>/dev/null)" = nsfs ] || return 0
    local inode pid family=" " ancestor=$$ line fields
    inode=$(stat -L -c %i "$controller")
    while [ "$ancestor" -gt 1 ]; do
        family+="$ancestor "
        read -r line 2>/dev/null <"/proc/$ancestor/stat" || break
        read -ra fields <<<"${line##*) }"
        ancestor=${fields[1]}
    done
    for pid in $(find /proc/[0-9]*/ns/net -maxdepth 0 -lname "net:\[$inode\]" 2>/dev/null | cut -d/ -f3); do
        [[ $family == *" $pid "* ]] || echo "$pid"
    done
}

is_alive() {
    local line
    read -r line 2>/dev/null <"/proc/$1/stat" || return 1
    [[ ${line##*) } != Z* ]]
}

none_alive() {
    local pid
    for pid in "$@"; do ! is_alive "$pid" || return 1; done
}

end_processes() {
    local pids
    mapfile -t pids < <({ marked_processes; controller_processes; } | sort -u)
    [ "${#pids[@]}" -gt 0 ] || return 0
    kill -KILL "${pids[@]}" 2>/dev/null || true
    wait_until 10 none_alive "${pids[@]}" || fail "these processes of lab '$lab_name' do not end: ${pids[*]}"
}

mounts_of_lab() {
    awk -v prefix="$state/" 'index($5, prefix) == 1 { print $5 }' /proc/self/mountinfo | sort -r
}

remove_mounts() {
    local target
    for target in $(mounts_of_lab); do
        wait_until 2 umount "$target" 2>/dev/null || umount -l "$target"
    done
}

# Works from what is there, not from what should be there: the state may be half made or half removed.
remove_lab() {
    local round
    for round in 1 2 3; do
        end_processes
        [ -n "$(marked_processes)" ] || break
        note "a host was still starting (round $round)"
    done
    remove_mounts
    rm -rf --one-file-system -- "$state"
    # A host that was between fork and exec has no mark yet; without the state directory it ends by itself, but not unseen.
    end_processes
}

command_down() {
    [ $# -eq 0 ] || fail "'down' takes no argument; choose a lab with: lab --name NAME down"
    lock_lab
    remove_lab
}
