#!/bin/sh
# Writes .sqlx, the descriptions of all checked queries, from the migrated database at DATABASE_URL;
# with --check leaves .sqlx alone and fails where it differs.
set -eu
cd "$(dirname "$0")/.."
: "${DATABASE_URL:?the migrated database to describe the queries with}"
unset SQLX_OFFLINE
mode=${1:-}

work=$(mktemp -d)
mkdir "$work/sqlx"
roots=$(grep -l '^sqlx\b' crates/*/Cargo.toml services/*/Cargo.toml | sed 's|Cargo.toml$|src/lib.rs|')

# Queries are described only while their crate is compiled, so each of these crates is made to look changed.
# A check puts the times back (unless somebody saved the file meanwhile), so that what was built stays fresh;
# new descriptions leave them, so that everything is built again with those.
touch "$work/now"
for root in $roots; do
    mkdir -p "$work/times/$(dirname "$root")"
    touch -r "$root" "$work/times/$root"
    touch -r "$work/now" "$root"
done
finish() {
    if [ "$mode" = --check ]; then
        for root in $roots; do
            [ "$root" -nt "$work/now" ] || touch -r "$work/times/$root" "$root"
        done
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

SQLX_OFFLINE_DIR="$work/sqlx" cargo check --quiet --workspace --tests
if [ "$mode" != --check ]; then
    rm -rf .sqlx
    cp -r "$work/sqlx" .sqlx
elif ! diff -rqN .sqlx "$work/sqlx"; then
    echo ".sqlx differs from the queries: run make sqlx-prepare" >&2
    exit 1
fi
