# Prints the one-line items of runcmd in a cloud-config as a shell script: plain, single-quoted, double-quoted or a short flow list.

function unquoted(text) {
    if (text ~ /^'.*'$/) {
        text = substr(text, 2, length(text) - 2)
        gsub(/''/, "'", text)
    } else if (text ~ /^".*"$/) {
        text = substr(text, 2, length(text) - 2)
        gsub(/\\"/, "\"", text)
        gsub(/\\\\/, "\\", text)
    } else if (text ~ /^\[.*\]$/) {
        text = substr(text, 2, length(text) - 2)
        gsub(/, */, " ", text)
    }
    return text
}

/^runcmd:/ { inside = 1; next }
/^[^ #-]/ { inside = 0 }
inside && /^ *- / {
    sub(/^ *- +/, "")
    sub(/[ \r]+$/, "")
    print unquoted($0)
}
