# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2016 # globals are shared with the files that lab/lab sources beside this one; scripts in quotes expand elsewhere
# What breaks in a fleet: cables, packets, sshd, power.

command_cut() {
    require_running "${1:-}" cut
    in_controller ip link set "$1" down
}

command_heal() {
    require_running "${1:-}" heal
    in_controller ip link set "$1" up
}

# Unlike a cut cable, nobody is told: no link event on the host, and the guests on its bridge go on working.
command_drop() {
    require_running "${1:-}" drop
    in_host "$1" nft -f - <<'RULES'
table inet lab_drop
delete table inet lab_drop
table inet lab_drop {
    chain input { type filter hook input priority -300; policy drop; iif lo accept; }
    chain output { type filter hook output priority -300; policy drop; oif lo accept; }
}
RULES
}

command_undrop() {
    require_running "${1:-}" undrop
    in_host "$1" nft -f - <<'RULES'
table inet lab_drop
delete table inet lab_drop
RULES
}

# The processes of sshd in a host that serve a connection: every sshd but the listener.
readonly sever_script='listener=$(cat /run/sshd.pid 2>/dev/null || echo none)
for pid in $(pidof sshd); do [ "$pid" = "$listener" ] || kill -KILL "$pid"; done'

readonly stop_script='listener=$(cat /run/sshd.pid 2>/dev/null) || exit 0
kill -TERM "$listener" 2>/dev/null
while kill -0 "$listener" 2>/dev/null; do sleep 0.02; done
rm -f /run/sshd.pid'

readonly start_script='listener=$(cat /run/sshd.pid 2>/dev/null) && kill -0 "$listener" 2>/dev/null && exit 0
exec /usr/sbin/sshd -E /var/log/sshd.log'

command_sshd() {
    require_running "${1:-}" sshd
    case ${2:-} in
        stop) in_host "$1" timeout 10 sh -c "$stop_script" ;;
        start)
            in_host "$1" sh -c "$start_script"
            wait_until 10 answers_ssh "$(address_of "$1")" || note "sshd of $1 listens, but is not reachable from here (cut or dropped?)"
            ;;
        sever) in_host "$1" sh -c "$sever_script" ;;
        *) fail "'sshd' wants a host and one of stop, start, sever, for example: lab sshd svc-1 stop" ;;
    esac
}

command_crash() {
    require_host "${1:-}" crash
    lock_lab
    is_running "$1" || note "host '$1' is already down"
    kill_host "$1"
}

command_start() {
    require_host "${1:-}" start
    lock_lab
    mode=$(<"$state/mode")
    if is_running "$1"; then
        note "host '$1' already runs"
        return 0
    fi
    in_controller ip link delete "$1" 2>/dev/null || true
    boot_host "$1"
    await_host "$1"
}
