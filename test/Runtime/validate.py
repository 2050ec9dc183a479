# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: a validator for the part of JSON Schema (draft 7) that runtime/schema
uses: `validate.py SCHEMA FILE...`. A FILE ending in .jsonl holds one document a
line. Prints what does not fit and exits 1.
"""
import json
import re
import sys

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}
KNOWN = {
    "$schema", "$id", "$ref", "title", "description", "definitions", "type",
    "required", "properties", "items", "enum", "const", "minimum", "maximum",
    "minItems", "maxItems", "pattern", "oneOf", "anyOf", "additionalProperties",
}  # fmt: skip


def errors(value, schema, root, where=""):
    """Every reason why `value` does not fit, as text."""
    unknown = set(schema) - KNOWN
    if unknown:
        yield "%s: the schema uses %s, which this validator lacks" % (where, unknown)
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].lstrip("#/").split("/"):
            target = target[part]
        yield from errors(value, target, root, where)
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[kind](value) for kind in kinds):
        yield "%s: expected %s, got %r" % (where, " or ".join(kinds), value)
        return
    if "const" in schema and value != schema["const"]:
        yield "%s: expected %r, got %r" % (where, schema["const"], value)
    if "enum" in schema and value not in schema["enum"]:
        yield "%s: expected one of %s, got %r" % (where, schema["enum"], value)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield "%s: expected %s, got %r" % (where, schema["pattern"], value)
    if "minimum" in schema and value < schema["minimum"]:
        yield "%s: expected at least %s, got %s" % (where, schema["minimum"], value)
    if "maximum" in schema and value > schema["maximum"]:
        yield "%s: expected at most %s, got %s" % (where, schema["maximum"], value)
    if isinstance(value, dict):
        for key in schema.get("required", []):
            if key not in value:
                yield "%s: lacks %s" % (where, key)
        for key, part in schema.get("properties", {}).items():
            if key in value:
                yield from errors(value[key], part, root, "%s.%s" % (where, key))
        if schema.get("additionalProperties") is False:
            for key in set(value) - set(schema.get("properties", {})):
                yield "%s: has %s, which is no property" % (where, key)
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield "%s: expected at least %d items" % (where, schema["minItems"])
        if len(value) > schema.get("maxItems", len(value)):
            yield "%s: expected at most %d items" % (where, schema["maxItems"])
        for index, item in enumerate(value):
            yield from errors(item, schema.get("items", {}), root, "%s[%d]" % (where, index))
    if "oneOf" in schema:
        fits = [not list(errors(value, part, root, where)) for part in schema["oneOf"]]
        if sum(fits) != 1:
            yield "%s: expected to fit one of %d forms, fits %d" % (where, len(fits), sum(fits))
    if "anyOf" in schema:
        found = [list(errors(value, part, root, where)) for part in schema["anyOf"]]
        if all(found):
            # The form that went furthest says most.
            yield max((form[0] for form in found), key=len)


def documents(path):
    with open(path, encoding="utf-8") as file:
        if path.endswith(".jsonl"):
            return [json.loads(line) for line in file if line.strip()]
        return [json.load(file)]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    count, found = 0, []
    for path in sys.argv[2:]:
        for document in documents(path):
            count += 1
            found += [path + error for error in errors(document, schema, schema)]
    print("\n".join(found))
    print("%d documents, %d errors" % (count, len(found)))
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
