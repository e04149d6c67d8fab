#!/bin/sh
# Installs the npm packages that package-lock.json pins, and says in one line what is the matter if
# it cannot.
set -u

fail() {
  echo "error: $1" >&2
  exit 1
}

# npm itself tries each package for minutes where there is no network.
from=""
asked=$(npm ping --fetch-retries=0 --fetch-timeout=5000 2>&1) || case $asked in
*ENOTFOUND* | *EAI_AGAIN* | *ETIMEDOUT* | *ECONNREFUSED* | *ENETUNREACH* | *"network timeout"*)
  from="--offline"
  ;;
esac

echo "npm: installing the packages of package-lock.json (10 s to a minute, once)" >&2
if printed=$(npm ci --loglevel=error $from 2>&1); then
  # The Makefile's stamp: newer than what it was made from.
  touch node_modules/.package-lock.json
  exit 0
fi
[ -z "$from" ] || fail "the npm registry $(npm config get registry) cannot be reached, and npm's cache does not hold all packages. Check the network or the proxy, and run this again"
echo "$printed" >&2
fail "npm ci failed, see above"
