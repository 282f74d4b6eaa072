#!/bin/sh
# Copies the container images that came with a director into its registry. What is there already under the same digest is passed over.
#
#   registry-images.sh check|apply DIRECTORY HOST:PORT
#
# DIRECTORY is the root directory of a registry, as the director's image brings it: docker/registry/v2/... below it. Nothing is served from
# it: each image is laid out for skopeo's `dir:` transport, with links to its blobs.
set -eu
verb=$1 directory=$2 registry=$3
root=$directory/docker/registry/v2
command -v skopeo >/dev/null || { echo "skopeo is not installed on the director" >&2; exit 1; }
[ -d "$root/repositories" ] || { echo "$directory is no root directory of a registry: there is no $root/repositories" >&2; exit 1; }

# Prints NAME TAG DIGEST of each image, DIGEST without its algorithm.
images() {
    find "$root/repositories" -path '*/_manifests/tags/*/current/link' | sort | while IFS= read -r link; do
        tag=${link%/current/link}
        tag=${tag##*/}
        name=${link#"$root/repositories/"}
        digest=$(cat "$link")
        echo "${name%/_manifests/tags/*} $tag ${digest#sha256:}"
    done
}

blob() { echo "$root/blobs/sha256/$(printf %.2s "$1")/$1/data"; }

is_there() {
    there=$(skopeo inspect --raw "docker://$registry/$1:$2" 2>/dev/null | sha256sum) || return 1
    [ "${there%% *}" = "$3" ]
}

# Links a manifest, and all that it names, into the directory; the manifests in a list too.
lay_out() {
    grep -o 'sha256:[0-9a-f]\{64\}' "$(blob "$2")" | sort -u | while IFS=: read -r _ part; do
        [ -f "$(blob "$part")" ] || { echo "$directory has no blob $part" >&2; exit 1; }
        ln -sf "$(blob "$part")" "$1/$part"
        ! grep -q '"manifests"' "$(blob "$2")" || { ln -sf "$(blob "$part")" "$1/$part.manifest.json"; lay_out "$1" "$part"; }
    done
}

case $verb in
check)
    missing=$(images | while read -r name tag digest; do is_there "$name" "$tag" "$digest" || echo "$name:$tag"; done)
    [ -z "$missing" ] || { echo "$(printf '%s\n' "$missing" | grep -c .) images are not in $registry: $(echo "$missing" | head -n 3 | tr '\n' ' ')"; exit 3; }
    ;;
apply)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    images >"$work/images"
    while read -r name tag digest; do
        if is_there "$name" "$tag" "$digest"; then
            echo "$name:$tag is there"
            continue
        fi
        rm -rf "$work/image"
        mkdir "$work/image"
        printf 'Directory Transport Version: 1.1\n' >"$work/image/version"
        ln -s "$(blob "$digest")" "$work/image/manifest.json"
        lay_out "$work/image" "$digest"
        echo "copying $name:$tag"
        skopeo copy --all "dir:$work/image" "docker://$registry/$name:$tag"
    done <"$work/images"
    ;;
*)
    echo "unknown verb $verb" >&2
    exit 2
    ;;
esac
