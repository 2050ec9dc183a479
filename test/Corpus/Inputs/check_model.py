# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""The JSON of every system fits its schema: check_model.py ROOT"""
import json
import sys

from systems import run, systems

root = sys.argv[1]
sys.path.insert(0, f"{root}/test/Runtime")
from validate import errors  # noqa: E402

with open(f"{root}/runtime/schema/system-2.json", encoding="utf-8") as file:
    schema = json.load(file)
kinds = set()


def collect(value):
    if isinstance(value, list):
        for element in value:
            collect(element)
    elif isinstance(value, dict):
        kinds.add(value.get("kind"))
        for part in value.values():
            collect(part)


count = 0
for path, text in systems(root, 70):
    document = json.loads(run("--emit=system", "-", text=text).stdout)
    found = list(errors(document, schema, schema))
    if found:
        sys.exit(f"{path}{found[0]}")
    collect(document)
    count += 1
# A form that no file has is a form that is not tested.
defined = {
    part["properties"]["kind"].get("const")
    for part in schema["definitions"].values()
    if "kind" in part.get("properties", {})
}
if defined - kinds - {None}:
    sys.exit(f"no system has {sorted(defined - kinds - {None})}")
# A schema that takes anything would prove nothing.
document["sections"].append({"kind": "knowledge", "line": 1, "items": [{"kind": "fakt"}]})
if not list(errors(document, schema, schema)):
    sys.exit("the schema takes an unknown kind")
print(count, "systems")
