#!/bin/sh
# Renders every overlay of k8s/ and validates it strictly against the schemas of the oldest and the newest
# Kubernetes that the platform is meant for. The rendered files stay in target/manifests.
set -eu
cd "$(dirname "$0")/.."
out=target/manifests
mkdir -p "$out"
for overlay in k8s/overlays/*/; do
    name=$(basename "$overlay")
    kubectl kustomize "$overlay" >"$out/$name.yaml"
    for version in 1.29 1.37; do
        kubernetes-validate --quiet --strict -k "$version" "$out/$name.yaml"
    done
done
