"""Adds up the database connections that rendered manifests allow and refuses more than PostgreSQL has by default.

Of PostgreSQL's 100 connections three are for superusers alone; the rest of what this leaves is for migrations,
backups and people. A rolling update of everything adds each Deployment's surge.
"""

import sys

import yaml

LIMIT = 90
URL, POOL = "GOVSHARE__DATABASE__URL", "GOVSHARE__DATABASE__MAX_CONNECTIONS"


def environment(container, config_maps):
    found = {}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            found |= config_maps[source["configMapRef"]["name"]]
    return found | {entry["name"]: entry.get("value") for entry in container.get("env", [])}


def connections(manifests):
    config_maps = {m["metadata"]["name"]: m.get("data", {}) for m in manifests if m["kind"] == "ConfigMap"}
    total = 0
    for deployment in (m for m in manifests if m["kind"] == "Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        for container in spec["template"]["spec"]["containers"]:
            variables = environment(container, config_maps)
            if URL in variables:
                if POOL not in variables:
                    sys.exit(f"{name}: {POOL} is not set")
                pods = spec["replicas"] + spec["strategy"]["rollingUpdate"]["maxSurge"]
                total += pods * int(variables[POOL])
    return total


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        sum_of_pools = connections([m for m in yaml.safe_load_all(file) if m])
    if not 0 < sum_of_pools <= LIMIT:
        sys.exit(f"{path}: {sum_of_pools} database connections during a rolling update, allowed are 1 to {LIMIT}")
    print(f"{path}: at most {sum_of_pools} database connections")
