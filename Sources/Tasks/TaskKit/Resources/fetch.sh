#!/bin/sh
# Pulls a file to this host: fetch URL SHA256 PATH MODE
#
# It is loaded beside its place, as PATH.part-..., which is resumed after an interruption, and takes its place only when its
# SHA-256 is right. Uses curl, or else wget (GNU or busybox). Exit 28: the disk is full. Exit 69: nothing answers at the URL.
set -u
url=$1 digest=$2 path=$3 mode=$4
directory=$(dirname "$path")
# Named after the content: what is left of another version is not resumed with this one.
part=$path.part-$(printf '%.16s' "$digest")
log=$part.log

fail() {
    rm -f "$log"
    printf '%s\n' "$*" >&2
    exit 1
}

# What is free in the directory, in KiB.
free() {
    df -Pk "$directory" | sed -n '2s/^.*[[:blank:]]\([0-9-]*\)[[:blank:]]*[0-9]*%.*$/\1/p'
}

# Loads what is missing of the part file. Sets `answer` to the HTTP status where it is known, `code` to the exit status.
load() {
    answer=
    if command -v curl >/dev/null; then
        answer=$(curl --silent --show-error --fail --location --continue-at - --connect-timeout 20 --speed-time 120 \
            --speed-limit 1 --output "$part" --write-out '%{http_code}' -- "$url" 2>"$log")
        code=$?
    elif command -v wget >/dev/null; then
        wget -c -O "$part" "$url" 2>"$log"
        code=$?
    else
        fail "neither curl nor wget is installed on this host"
    fi
    return "$code"
}

# Whether it failed only because the part cannot be resumed: the server has no ranges, or nothing behind the part.
is_range_refused() {
    [ "$answer" = 416 ] || [ "$code" -eq 33 ] || grep -q ' 416' "$log"
}

# Explains why nothing came, and ends.
explain() {
    if grep -q 'No space left' "$log" || { [ -s "$part" ] && [ "$(free)" -lt 1024 ]; }; then
        rm -f "$log"
        echo "No space left on device: $directory has $(free) KiB free, $(wc -c <"$part") bytes of $url were loaded" >&2
        exit 28
    fi
    if [ "${answer:-0}" -ge 400 ]; then fail "$url answered HTTP status $answer"; fi
    missing=$(grep -o '40[34] [A-Z][A-Za-z ]*' "$log" | head -n 1)
    if [ -n "$missing" ]; then fail "$url answered HTTP status $missing"; fi
    reason=$(tail -n 1 "$log")
    if is_out_of_reach; then
        rm -f "$log"
        echo "$url cannot be reached: $reason" >&2
        exit 69
    fi
    fail "$url cannot be loaded: $reason"
}

# Whether nothing answered: no name, no route, a refusal, silence (man curl, man wget; busybox has only words).
is_out_of_reach() {
    if command -v curl >/dev/null; then
        case $code in
            5 | 6 | 7 | 28 | 35 | 52 | 56) return 0 ;;
            *) return 1 ;;
        esac
    fi
    [ "$code" -eq 4 ] || grep -qE "bad address|can't connect|timed out|No route" "$log"
}

# Whether the part file has the right content. Hashed once per attempt.
is_right() {
    actual=$(sha256sum <"$part") || exit 1
    actual=${actual%% *}
    [ "$actual" = "$digest" ]
}

[ -d "$directory" ] || mkdir -p "$directory" || exit 1
echo "loading $url"
had_part=no
if [ -s "$part" ]; then
    had_part=yes
    echo "going on after $(wc -c <"$part") bytes"
fi
if ! load; then
    # A part that was complete already is refused too: only the content tells.
    if [ "$had_part" = no ] || ! is_range_refused; then explain; fi
    if ! is_right; then
        echo "it cannot be resumed, loading all of it"
        rm -f "$part"
        load || explain
    fi
elif [ ! -e "$part" ]; then
    # An empty file: some clients make none.
    : >"$part"
fi
echo "loaded $(wc -c <"$part") bytes, comparing SHA-256"
if ! is_right; then
    if [ "$had_part" = yes ]; then
        echo "the resumed file is not what was expected, loading all of it"
        rm -f "$part"
        load || explain
    fi
    if ! is_right; then
        rm -f "$part"
        fail "the content of $url has SHA-256 $actual, not $digest"
    fi
fi
rm -f "$log"
chmod "$mode" "$part" || exit 1
sync "$part" 2>/dev/null || sync
mv -f "$part" "$path" || exit 1
echo "$path is in place"
