#!/bin/sh
# Brings what is in an application package (CSAR) to where it is used: its container images into the registry, its charts into a directory.
#
#   csar.sh check|apply present FILE HOST:PORT CHARTS
#   csar.sh check|apply absent FILE CHARTS
#
# A package has charts (*.tgz), images (docker archives, *.tar, and an images.txt with the name of each) and site values (*values*.yaml).
# One in which anything is missing is refused before anything is pushed. What was brought stands, with digests, in FILE.imported.
# absent: file and charts go; images stay in the registry, for whoever goes back.
set -eu
verb=$1 wanted=$2 file=$3
receipt=$file.imported

digest() { sha256sum "$1" | cut -d' ' -f1; }

# The name in the registry: without the registry that it was built for.
short() { case ${1%%/*} in *.* | *:*) echo "${1#*/}" ;; *) echo "$1" ;; esac; }

# Prints the archive that has an image.
archive_of() {
    for archive in "$work"/images/*.tar; do
        tar -xOf "$archive" manifest.json 2>/dev/null | grep -qF "\"$1\"" && echo "$archive" && return
    done
    echo "$file has no image $1, which its images.txt names" >&2
    exit 1
}

need() { [ -n "$2" ] || { echo "$file has no $1" >&2; exit 1; }; }

# Puts all files of a name into one directory: packages differ in where they keep them.
gather() { mkdir "$work/$2" && find "$work/all" -type f -name "$1" -exec mv {} "$work/$2/" \;; }

case $verb-$wanted in
check-present)
    registry=$4 charts=$5
    [ -f "$receipt" ] || { echo "$file is not imported"; exit 3; }
    while read -r kind name sum; do
        case $kind in
        image) actual=$(skopeo inspect --raw "docker://$registry/$name" 2>/dev/null | sha256sum | cut -d' ' -f1) ;;
        *) actual=$(digest "$charts/$name" 2>/dev/null || true) ;;
        esac
        [ "$actual" = "$sum" ] || { echo "$kind $name is not there, or is another"; exit 3; }
    done <"$receipt"
    ;;
apply-present)
    registry=$4 charts=$5
    for program in skopeo unzip; do
        command -v $program >/dev/null || { echo "$program is not installed on the director" >&2; exit 1; }
    done
    work=$file.work
    rm -rf "$work"
    mkdir -p "$work" "$charts"
    trap 'rm -rf "$work"' EXIT
    unzip -q "$file" -d "$work/all"
    gather '*.tgz' charts
    gather '*.tar' images
    gather 'images.txt' lists
    gather '*values*.yaml' values
    need "chart (*.tgz)" "$(ls "$work/charts")"
    need "images.txt" "$(ls "$work/lists")"
    need "site values (*values*.yaml)" "$(ls "$work/values")"
    grep -v '^[[:space:]]*\(#.*\)\{0,1\}$' "$work/lists/images.txt" >"$work/names" || true
    while read -r name; do archive_of "$name" >/dev/null; done <"$work/names"
    : >"$work/receipt"
    while read -r name; do
        echo "pushing $(short "$name")"
        skopeo copy --digestfile "$work/digest" "docker-archive:$(archive_of "$name"):$name" "docker://$registry/$(short "$name")"
        echo "image $(short "$name") $(sed 's/^sha256://' "$work/digest")" >>"$work/receipt"
    done <"$work/names"
    for chart in "$work"/charts/*; do
        cp "$chart" "$charts/"
        echo "chart ${chart##*/} $(digest "$chart")" >>"$work/receipt"
    done
    mv "$work/receipt" "$receipt"
    ;;
check-absent)
    for left in "$file" "$receipt"; do [ ! -e "$left" ] || { echo "$left is still there"; exit 3; }; done
    ;;
apply-absent)
    charts=$4
    if [ -f "$receipt" ]; then
        sed -n 's/^chart \(.*\) [0-9a-f]*$/\1/p' "$receipt" | while IFS= read -r chart; do rm -f -- "$charts/$chart"; done
    fi
    rm -f -- "$file" "$receipt"
    ;;
*)
    echo "unknown verb $verb $wanted" >&2
    exit 2
    ;;
esac
