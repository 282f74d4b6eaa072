#!/bin/sh
# A virtual machine of libvirt that is what its definition says: seed, disk and domain made from the files in its directory.
#
#   domain.sh check|apply present NAME DIRECTORY STOP_LIMIT IMAGE FINGERPRINT
#   domain.sh check|apply absent NAME DIRECTORY STOP_LIMIT
#
# DIRECTORY holds user-data, meta-data, network-config and domain.xml. The fingerprint of the definition is kept in the domain's own
# metadata, so what libvirt says is the truth, not a file beside it. A running domain is shut down first (STOP_LIMIT seconds, then
# destroyed). The disk before is kept, one generation, under previous/.
set -eu
export LC_ALL=C LIBVIRT_DEFAULT_URI="${LIBVIRT_DEFAULT_URI:-qemu:///system}"
verb=$1 wanted=$2 name=$3 directory=$4 stop_limit=$5 image=${6:-} fingerprint=${7:-}
metadata=urn:planner:definition

# A libvirt that does not answer must not look like a domain that is not there.
virsh list --name >/dev/null || { echo "libvirt does not answer on this host" >&2; exit 1; }

is_defined() { virsh dominfo "$name" >/dev/null 2>&1; }
state() { virsh domstate "$name" 2>/dev/null | head -n 1; }

stop_domain() {
    is_defined || return 0
    waited=0
    while [ "$(state)" != "shut off" ]; do
        if [ "$waited" -ge "$stop_limit" ]; then
            echo "$name did not shut down within $stop_limit s: destroying it"
            virsh destroy "$name"
            break
        fi
        # Asked again every 30 s: a guest that is still booting misses the first request.
        [ $((waited % 30)) -ne 0 ] || virsh shutdown "$name" >/dev/null 2>&1 || true
        sleep 1
        waited=$((waited + 1))
    done
}

make_seed() {
    maker=
    for candidate in genisoimage mkisofs xorrisofs; do
        if command -v "$candidate" >/dev/null 2>&1; then maker=$candidate && break; fi
    done
    [ -n "$maker" ] || { echo "no genisoimage, mkisofs or xorrisofs on this host: install one" >&2; exit 1; }
    # It holds what user-data holds; libvirt gives it to the user of the machine when it starts that.
    (umask 077 && "$maker" -quiet -output seed.iso.new -volid cidata -joliet -rock user-data meta-data network-config)
    mv -f seed.iso.new seed.iso
}

case $verb-$wanted in
check-present)
    is_defined || { echo "$name is not defined"; exit 3; }
    virsh metadata "$name" "$metadata" 2>/dev/null | grep -qF "$fingerprint" || {
        echo "$name has another definition"
        exit 3
    }
    [ -f "$directory/disk.qcow2" ] || { echo "$name has no disk"; exit 3; }
    ;;
apply-present)
    cd "$directory"
    [ -f "$image" ] || { echo "image $image is not on this host" >&2; exit 1; }
    make_seed
    stop_domain
    if is_defined; then
        # Put aside while the domain is still known: after an interruption a disk without a domain is a fresh one, and must not take the place
        # of the one with the data. The image that a disk is made from is kept as long as the disk is (images.sh).
        # The note goes first: without it the image of the disk that is kept would look unused.
        if [ -f disk.qcow2 ]; then
            mkdir -p previous
            [ ! -f image ] || mv -f image previous/image
            mv -f disk.qcow2 previous/disk.qcow2
            sync
        fi
        # From here to the definition the domain is unknown to libvirt: after a power cut the check says so, and this starts again.
        virsh undefine "$name"
    fi
    qemu-img create -q -f qcow2 -F qcow2 -b "$image" disk.qcow2.new
    mv -f disk.qcow2.new disk.qcow2
    printf '%s\n' "${image##*/}" >image
    sync
    virsh define domain.xml
    ;;
check-absent)
    ! is_defined || { echo "$name is still defined"; exit 3; }
    [ ! -d "$directory" ] || { echo "$directory is still there"; exit 3; }
    ;;
apply-absent)
    stop_domain
    ! is_defined || virsh undefine "$name"
    rm -rf -- "$directory"
    ;;
*)
    echo "unknown verb $verb $wanted" >&2
    exit 2
    ;;
esac
