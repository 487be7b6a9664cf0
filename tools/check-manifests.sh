#!/bin/sh
# Renders the base and every overlay of k8s/ and validates them strictly against the schemas of the oldest and the
# newest Kubernetes that the platform is meant for; their database pools together stay within what PostgreSQL has.
# The rendered files stay in target/manifests.
set -eu
cd "$(dirname "$0")/.."
out=target/manifests
mkdir -p "$out"
for layer in k8s/base k8s/overlays/*/; do
    rendered=$out/$(basename "$layer").yaml
    kubectl kustomize "$layer" >"$rendered"
    for version in 1.29 1.37; do
        kubernetes-validate --quiet --strict -k "$version" "$rendered"
    done
    python3 tools/database-connections.py "$rendered"
done
