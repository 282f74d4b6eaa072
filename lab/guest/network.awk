# Reads a NoCloud network-config (version 2, block style, short flow lists) and prints one line for each ethernet:
#   MAC-or-dash NAME-or-dash dhcp|static MTU-or-dash ADDRESSES ROUTES       lists by comma, a route as to>via, dash when empty

function value(line) { sub(/^[^:]*:[ ]*/, "", line); return line }

function add(list, item) { return list == "" ? item : list "," item }

function flow_items(line, list,    n, i, parts) {
    gsub(/\[|\]| /, "", line)
    n = split(line, parts, ",")
    for (i = 1; i <= n; i++) if (parts[i] != "") list = add(list, parts[i])
    return list
}

function end_route() {
    if (via != "") routes[current] = add(routes[current], (to == "" ? "default" : to) ">" via)
    to = via = ""
}

{
    sub(/\r$/, "")
    sub(/(^|[ ])#.*/, "")
    gsub(/["']/, "")
    sub(/ +$/, "")
    if ($0 ~ /^ *$/) next
    match($0, /^ */)
    indent = RLENGTH
    text = substr($0, indent + 1)
    is_item = text ~ /^- /
}

text == "ethernets:" { inside = 1; section_indent = indent; interface_indent = property_indent = 0; next }
!inside { next }
indent <= section_indent { end_route(); inside = 0; next }

# The name of the next interface.
!is_item && (interface_indent == 0 || indent == interface_indent) {
    end_route()
    interface_indent = indent
    property_indent = 0
    current = text
    sub(/:.*/, "", current)
    order[++count] = current
    mode = ""
    next
}

!is_item && property_indent == 0 { property_indent = indent }

# A property of the interface: it ends the list before it.
!is_item && indent == property_indent {
    end_route()
    mode = ""
    if (text ~ /^set-name:/) set_name[current] = value(text)
    else if (text ~ /^dhcp4: *(true|yes|on)$/) dhcp[current] = 1
    else if (text ~ /^mtu:/) mtu[current] = value(text)
    else if (text ~ /^gateway4:/) routes[current] = add(routes[current], "default>" value(text))
    else if (text ~ /^addresses: *\[/) addresses[current] = flow_items(value(text), addresses[current])
    else if (text ~ /^addresses:/) mode = "addresses"
    else if (text ~ /^routes:/) mode = "routes"
}

text ~ /macaddress:/ {
    address = text
    sub(/.*macaddress: */, "", address)
    sub(/[ },].*/, "", address)
    mac[current] = tolower(address)
    next
}

mode == "addresses" && is_item { addresses[current] = add(addresses[current], substr(text, 3)); next }

mode == "routes" {
    if (is_item) { end_route(); text = substr(text, 3) }
    if (text ~ /^to:/) to = value(text)
    if (text ~ /^via:/) via = value(text)
}

END {
    end_route()
    for (i = 1; i <= count; i++) {
        name = order[i]
        if (set_name[name] == "") set_name[name] = mac[name] == "" ? name : "-"
        print or_dash(mac[name]), set_name[name], (dhcp[name] ? "dhcp" : "static"), or_dash(mtu[name]), \
            or_dash(addresses[name]), or_dash(routes[name])
    }
}

function or_dash(text) { return text == "" ? "-" : text }
