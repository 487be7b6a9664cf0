#!/bin/sh
# Installs the pinned tools of `make check` into target/tools; at once when they are there already.
set -eu
cd "$(dirname "$0")/.."
home=target/tools

wanted=tools/requirements.txt
case "$(command -v kubectl || true)" in
"" | "$PWD/$home/"*) wanted="$wanted tools/requirements-kubectl.txt" ;;
esac
# shellcheck disable=SC2086  # a list of files
lock=$(cat $wanted)
if [ -x "$home/bin/kubernetes-validate" ] && [ "$lock" = "$(cat "$home/lock" 2>/dev/null)" ]; then
    exit 0
fi

if ! python3 -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends python3 python3-venv
    else
        echo "make check needs Python 3.11 or newer with venv; on Debian: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
echo "installing the tools of make check into $home" >&2
python3 -m venv --clear "$home"
for file in $wanted; do
    "$home/bin/pip" --disable-pip-version-check install --quiet --require-hashes --only-binary :all: -r "$file"
done
printf '%s\n' "$lock" >"$home/lock"
