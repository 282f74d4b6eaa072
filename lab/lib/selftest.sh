# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2016 # globals are shared with the files that lab/lab sources beside this one; scripts in quotes expand elsewhere
# Checks the lab itself in a lab of its own, by the commands that a user types.

selftest_failures=0

# expect WHAT COMMAND...: the command succeeds.
expect() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok    $what"
    else
        echo "FAIL  $what: $(tail -n 3 <<<"$output" | paste -sd'|')"
        selftest_failures=$((selftest_failures + 1))
    fi
}

# expect_output WHAT WANTED COMMAND...: the command prints exactly this.
expect_output() {
    local what=$1 wanted=$2 output
    shift 2
    output=$("$@" 2>&1) || true
    if [ "$output" = "$wanted" ]; then
        echo "ok    $what"
    else
        echo "FAIL  $what: wanted '$wanted', got '$(paste -sd'|' <<<"$output")'"
        selftest_failures=$((selftest_failures + 1))
    fi
}

refuse() {
    ! "$@"
}

own_lab() {
    LAB_NAME=$test_name "$lab_dir/lab" "$@"
}

neighbour_lab() {
    LAB_NAME=$test_name-b "$lab_dir/lab" "$@"
}

test_reaches() {
    own_lab run timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/22"' - "$1"
}

# The PID of `lab run` is that of the command it runs.
test_run_pid() {
    LAB_NAME=$test_name "$lab_dir/lab" run sh -c 'echo $$' >"$test_work/pid" &
    wait "$!"
    [ "$(<"$test_work/pid")" = "$!" ]
}

test_commands() {
    expect_output "exec runs inside the host" svc-1 own_lab exec svc-1 hostname
    expect_output "ssh logs in with the known host key" svc-2 own_lab ssh svc-2 hostname
    expect_output "a host knows the others by name" 10.77.0.12 own_lab exec svc-1 sh -c "getent hosts svc-2 | cut -d' ' -f1"
    expect_output "exec hands on the exit status" 7 bash -c 'LAB_NAME=$1 "$2" exec svc-1 sh -c "exit 7"; echo $?' - "$test_name" "$lab_dir/lab"
    expect "run keeps the PID" test_run_pid
    expect "an unknown host is refused" refuse own_lab exec svc-99 true
    expect "a bad number is refused" refuse own_lab up 61
    expect "up again changes nothing" own_lab up "${test_mode[@]}" 2
    expect "up with another size is refused" refuse own_lab up "${test_mode[@]}" 1
    expect "with standard input closed" bash -c 'LAB_NAME=$1 "$2" ssh svc-1 true <&-' - "$test_name" "$lab_dir/lab"
    expect_output "the lab's network has no way out" "10.77.0.0/24 dev lab0" \
        bash -c 'LAB_NAME=$1 "$2" run ip route | cut -d" " -f1-3' - "$test_name" "$lab_dir/lab"
}

test_faults() {
    own_lab cut svc-1
    expect "cut: unreachable" refuse test_reaches 10.77.0.11
    own_lab heal svc-1
    expect "heal: reachable" wait_until 5 test_reaches 10.77.0.11
    own_lab drop svc-1
    expect "drop: unreachable" refuse test_reaches 10.77.0.11
    own_lab undrop svc-1
    expect "undrop: reachable" test_reaches 10.77.0.11
    own_lab sshd svc-1 stop
    expect "sshd stop: refused" refuse own_lab ssh svc-1 true
    own_lab sshd svc-1 start
    expect "sshd start: answers" own_lab ssh svc-1 true
}

test_power() {
    local boot key
    boot=$(own_lab exec svc-1 cat /proc/sys/kernel/random/boot_id)
    key=$(own_lab exec svc-1 cat /etc/ssh/ssh_host_ed25519_key.pub)
    own_lab exec svc-1 sh -c 'echo kept >/etc/kept; echo gone >/run/gone; echo gone >/tmp/gone'
    own_lab crash svc-1
    expect "crash: down" refuse own_lab exec svc-1 true
    own_lab start svc-1
    expect_output "start: same files" kept own_lab ssh svc-1 cat /etc/kept
    expect_output "start: same host key" "$key" own_lab exec svc-1 cat /etc/ssh/ssh_host_ed25519_key.pub
    expect "start: /run and /tmp are fresh" own_lab exec svc-1 sh -c '[ ! -e /run/gone ] && [ ! -e /tmp/gone ]'
    expect "start: another boot" refuse own_lab exec svc-1 grep -qx "$boot" /proc/sys/kernel/random/boot_id
}

test_neighbour() {
    expect "a second lab comes up beside it" neighbour_lab up --ssh-only 1
    own_lab exec svc-1 touch /etc/first-lab
    expect "the labs do not see each other" refuse neighbour_lab ssh svc-1 test -e /etc/first-lab
    expect "the second lab goes down" neighbour_lab down
    expect "the first lab stays" own_lab ssh svc-1 true
}

guest_answers() {
    own_lab exec "$1" ssh -i /root/.ssh/lab -o BatchMode=yes -o ConnectTimeout=2 -o StrictHostKeyChecking=accept-new 10.77.0.101 true
}

guest_version_from_controller() {
    own_lab run ssh -F none -i "$(own_lab path)/id_ed25519" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR -o ConnectTimeout=5 root@10.77.0.101 cat /etc/image-version
}

readonly inventory_script='set -e
cd /opt/k8s-lab/inventory
mkdir -p group_vars
printf "node-1 ansible_host=10.77.0.101\n[master]\nnode-1\n[worker]\n" >hosts
printf "ansible_user: root\nansible_ssh_common_args: -o UserKnownHostsFile=/root/.ssh/known_hosts\n" >group_vars/all
ssh-keyscan -t ed25519 10.77.0.101 >/root/.ssh/known_hosts 2>/dev/null'

playbook() {
    own_lab ssh ms ansible-playbook -i /opt/k8s-lab/inventory/hosts "/opt/k8s-lab/playbooks/$1.yml" "${@:2}"
}

test_guest() {
    local started=${EPOCHREALTIME/./}
    expect "a guest starts" own_lab guest svc-1 vm1 10.77.0.101 selftest-2
    own_lab exec svc-1 sh -c 'umask 077; cat >/root/.ssh/lab' <"$(own_lab path)/id_ed25519"
    expect "the guest answers SSH inside the host" wait_until 120 guest_answers svc-1
    echo "      $(((${EPOCHREALTIME/./} - started) / 1000)) ms from image build to login"
    expect_output "its version, from the controller" selftest-2 guest_version_from_controller
    own_lab ssh ms sh -s <<<"$inventory_script"
    expect "install.yml" playbook install
    expect_output "the node is a member" "node-1 Ready master selftest-2" own_lab ssh ms /opt/k8s-lab/bin/member --list
    expect "drain_master_node.yml" playbook drain_master_node -e target_node=node-1
    expect "a drained node is not Ready" refuse own_lab ssh ms /opt/k8s-lab/bin/member node-1
    expect "delete_worker_node.yml of a stranger" playbook delete_worker_node -e target_node=node-9
    expect "upgrade_rejoin_master.yml" playbook upgrade_rejoin_master -e target_node=node-1
    expect "it is Ready again" own_lab ssh ms /opt/k8s-lab/bin/member node-1
    expect_output "begin and end are logged in order" "begin end begin end begin end begin end" \
        own_lab exec ms sh -c "cut -d' ' -f4 /var/log/k8s-lab.log | paste -sd' '"
}

test_nothing_is_left() {
    local inode=$1
    expect "down" own_lab down
    expect "down again" own_lab down
    expect_output "no process is left" "" marked_processes_of "$test_name"
    expect_output "no namespace is left" "" users_of_namespace "$inode"
    expect_output "no mount is left" "" awk -v prefix="$state_base/$test_name/" 'index($5, prefix) == 1' /proc/self/mountinfo
    expect "no state is left" refuse test -e "$state_base/$test_name"
}

marked_processes_of() {
    grep -lzxF -f <(echo "planner-lab:$state_base/$1") /proc/[0-9]*/cmdline 2>/dev/null || true
}

users_of_namespace() {
    find /proc/[0-9]*/ns/net -maxdepth 0 -lname "net:\[$1\]" 2>/dev/null || true
}

# An `up` that is killed half-way leaves something; down removes it.
test_interrupted_up() {
    LAB_NAME=$test_name "$lab_dir/lab" up "${test_mode[@]}" 3 2>/dev/null &
    local pid=$!
    sleep "0.$((RANDOM % 6 + 1))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    expect "down after up was killed" own_lab down
    expect_output "no process is left of it" "" marked_processes_of "$test_name"
    expect_output "no mount is left of it" "" awk -v prefix="$state_base/$test_name/" 'index($5, prefix) == 1' /proc/self/mountinfo
}

# shellcheck disable=SC2317 # called by trap
end_selftest() {
    own_lab down || true
    neighbour_lab down || true
    rm -rf "$test_work" "$state_base/.$test_name.lock" "$state_base/.$test_name-b.lock"
}

command_selftest() {
    test_mode=()
    [ "${1:-}" != --fast ] || test_mode=(--ssh-only)
    test_name=selftest-$$
    test_work=$(mktemp -d)
    trap end_selftest EXIT
    trap 'exit 130' INT TERM
    local inode
    cd /
    own_lab up "${test_mode[@]}" 2 || fail "selftest: the lab does not come up"
    inode=$(stat -L -c %i "$state_base/$test_name/controller.net")
    test_commands
    test_faults
    test_power
    test_neighbour
    [ "${#test_mode[@]}" -gt 0 ] || test_guest
    test_nothing_is_left "$inode"
    test_interrupted_up
    [ "$selftest_failures" -eq 0 ] || fail "selftest: $selftest_failures checks failed"
    echo "selftest: all well"
}
