#!/bin/sh
# Whether the registry of a director serves over TLS, with the certificate that it is to have.
#
#   registry.sh check HOST:PORT CERTIFICATE
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
registry=$2 certificate=$3
command -v curl >/dev/null || { echo "curl is not installed on the director" >&2; exit 1; }
status=$(curl --silent --show-error --max-time 10 --cacert "$certificate" --output /dev/null --write-out '%{http_code}' \
    "https://$registry/v2/" 2>&1) || { echo "$registry does not serve: $status"; exit 3; }
case $status in
# 401: it wants a login, and it is there.
200 | 401) ;;
*) echo "$registry answers with status $status"; exit 3 ;;
esac
