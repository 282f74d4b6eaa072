# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # globals are shared with the files that lab/lab sources beside this one
# The tiny guest: its image in the cache and on ms, and a guest started by hand to check the lab.

readonly images=/var/www/html/images

print_sha256() {
    cut -d' ' -f1 "$1.sha256"
}

# Sets image_path to the cached image of a version; builds what is missing.
build_cached_image() {
    local version=$1 directory
    [[ $version =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || fail "'$version' is no version: letters, digits, dots, dashes"
    require_commands busybox mkfs.vfat mcopy syslinux qemu-img cpio dpkg-deb apt-get flock sha256sum
    directory=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/planner-lab/$("$lab_dir/guest/build" key)
    mkdir -p "$directory"
    image_path=$directory/tiny-$version.qcow2
    (
        flock -w 300 9 || fail "another build holds $directory/lock"
        [ -f "$image_path.sha256" ] && exit 0
        if [ ! -f "$directory/base.raw" ]; then
            note "building the common part of the guest image"
            "$lab_dir/guest/build" base "$directory"
        fi
        "$lab_dir/guest/build" image "$directory" "$version" "$image_path"
        (cd "$directory" && sha256sum "tiny-$version.qcow2" >"$image_path.sha256.new")
        mv "$image_path.sha256.new" "$image_path.sha256"
    ) 9>"$directory/lock"
}

copy_to_host() {
    # shellcheck disable=SC2016 # expands in the inner shell
    in_host "$1" sh -c 'mkdir -p "${1%/*}" && cat >"$1.part" && mv "$1.part" "$1"' - "$3" <"$2"
}

publish_image() {
    copy_to_host ms "$image_path" "$images/tiny-$1.qcow2"
    copy_to_host ms "$image_path.sha256" "$images/tiny-$1.qcow2.sha256"
}

command_image() {
    local file=
    if [ "${1:-}" = --file ]; then
        [ $# -eq 3 ] || fail "'image --file' wants a path and a version, for example: lab image --file /tmp/tiny.qcow2 1.0"
        file=$2
        shift 2
    fi
    [ $# -eq 1 ] || fail "'image' wants a version, for example: lab image 1.0"
    if [ -n "$file" ]; then
        build_cached_image "$1"
        cp "$image_path" "$file"
    else
        require_root image
        require_full_lab
        require_running ms image
        build_cached_image "$1"
        publish_image "$1"
    fi
    print_sha256 "$image_path"
}

require_full_lab() {
    require_lab
    [ "$(<"$state/mode")" = full ] || fail "lab '$lab_name' was started with --ssh-only: it has no guests"
}

guest_seed() {
    local name=$1 ip=$2 mac=$3 directory=$4
    printf '%s\n' "instance-id: $name-1" "local-hostname: $name" >"$directory/meta-data"
    {
        printf '%s\n' '#cloud-config' 'ssh_authorized_keys:' "- $(<"$state/id_ed25519.pub")" "- $(<"$state/director.pub")"
        printf '%s\n' 'runcmd:' '- echo seeded > /run/seeded'
    } >"$directory/user-data"
    cat >"$directory/network-config" <<CONFIG
version: 2
ethernets:
  eth0:
    match:
      macaddress: $mac
    set-name: eth0
    addresses:
    - $ip/24
    routes:
    - to: default
      via: $network.1
CONFIG
    genisoimage -quiet -output "$directory/seed.iso" -volid cidata -joliet -rock "$directory"/{meta-data,user-data,network-config}
}

guest_domain() {
    local name=$1 mac=$2
    cat <<DOMAIN
<domain type='qemu'>
  <name>$name</name>
  <memory unit='MiB'>192</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/$name.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <source file='/var/lib/libvirt/images/$name-seed.iso'/>
      <target dev='hda' bus='ide'/>
      <readonly/>
    </disk>
    <interface type='bridge'>
      <mac address='$mac'/>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <serial type='file'><source path='/var/log/libvirt/qemu/$name.console'/><target port='0'/></serial>
    <memballoon model='none'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
DOMAIN
}

command_guest() {
    require_running "${1:-}" guest
    require_full_lab
    { [ $# -eq 3 ] || [ $# -eq 4 ]; } || fail "'guest' wants a host, a name and an address, for example: lab guest svc-1 vm1 $network.101"
    local host=$1 name=$2 ip=$3 version=${4:-1.0} mac work pool=/var/lib/libvirt/images
    [[ $name =~ ^[a-z][a-z0-9-]*$ ]] || fail "'$name' is no name for a guest"
    [[ $ip =~ ^10\.77\.0\.[0-9]{1,3}$ ]] || fail "the address of a guest begins with $network., this one is '$ip'"
    mac=$(printf '52:54:00:4d:00:%02x' "${ip##*.}")
    build_cached_image "$version"
    publish_image "$version"
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # the value of now is meant
    trap "rm -rf '$work'" EXIT
    guest_seed "$name" "$ip" "$mac" "$work"
    guest_domain "$name" "$mac" >"$work/domain.xml"
    # shellcheck disable=SC2016 # expands in the inner shell
    in_host "$host" sh -c '[ -f "$1" ] || { curl -fsS -o "$1.part" "$2" && mv "$1.part" "$1"; }' - \
        "$pool/tiny-$version.qcow2" "http://$network.10/images/tiny-$version.qcow2"
    in_host "$host" qemu-img create -q -f qcow2 -b "tiny-$version.qcow2" -F qcow2 "$pool/$name.qcow2"
    copy_to_host "$host" "$work/seed.iso" "$pool/$name-seed.iso"
    copy_to_host "$host" "$work/domain.xml" "/etc/libvirt/$name.xml"
    in_host "$host" virsh -q -c qemu:///system define "/etc/libvirt/$name.xml"
    in_host "$host" virsh -q -c qemu:///system start "$name"
}
