# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""What the odd constructs of the corpus are read as: check_readings.py CORPUS

A row is a file, a path through its JSON, and what must be there. A step of a
path is a key, or `kind` or `kind:name` for the first such node of a list."""
import json
import sys

from systems import run, strip



def expr(text):
    return {"expr": text}


ROWS = [
    # design and tuning spaces
    ("design_lists", "design_space/axes/softmax_scheme/values", ["online", "naive", "two_pass"]),
    ("design_scalars", "design_space/axes/use_bias", {"form": "single", "name": "use_bias", "values": [True]}),
    ("design_scalars", "design_space/axes/norm/values", ["rms"]),
    ("design_scalars", "design_space/axes/label_free/form", "empty"),
    ("design_scalars", "design_space/axes/placeholder/form", "empty"),
    ("design_nested_colon", "design_space/axes/attention/axes/position/axes/base/values", [10000]),
    ("design_nested_plain", "design_space/axes/recurrence/axes/steps/values", [1, 2, 4]),
    ("design_nested_plain", "design_space/axes/memory/axes/slots/values", [16, 64]),
    ("tuning_numbers", "tuning_space/axes/learning_rate/values", [0.1, 0.0001, 0.0003, 0.00005]),
    ("tuning_numbers", "tuning_space/axes/mask_value/values", [-1e20]),
    ("tuning_numbers", "tuning_space/axes/flags/values", [31]),
    ("tuning_numbers", "tuning_space/axes/vocabulary/values", [50304]),
    ("tuning_range", "tuning_space/axes/tile_k/values", [{"range": {"first": 32, "last": 128, "step": 32}}]),
    ("tuning_range", "tuning_space/axes/stages/form", "range"),
    ("tuning_range", "constraint/condition", "tile_k % 2 == 0"),
    ("tuning_mixed", "tuning_space:Fast/axes/schedule/axes/decay/axes/kind/values", ["cosine"]),
    ("comments_in_lists", "tuning_space/axes/tile/values", [64, 128]),
    # models
    ("model_types", "model/type:KernelConfig/fields/mode/type",
     {"kind": "union", "alternatives": [{"kind": "literal", "value": "training"}, {"kind": "literal", "value": "inference"}]}),
    ("model_types", "model/type:KernelConfig/fields/scheme/type", {"kind": "list", "values": ["online", "naive"]}),
    ("model_types", "model/type:KernelConfig/fields/nested/type/fields/rows/type", {"kind": "named", "name": "int"}),
    ("model_types", "model/type:Limits/matches", False),
    ("model_types", "model/type:Limits/fields/K/type", {"kind": "literal", "value": 12}),
    ("model_states", "model/state:current", {"kind": "state", "name": "current", "value": "online_fused"}),
    ("model_states", "model/state:best", {"kind": "state", "name": "best", "type": {"kind": "named", "name": "KernelConfig"}}),
    ("model_states", "model/state:loss", {"kind": "state", "name": "loss", "type": {"kind": "named", "name": "float"}, "value": 0}),
    ("model_states", "model/state:hidden/type", {"kind": "shaped", "name": "Tensor", "extents": ["B", "T", "D"]}),
    ("model_states", "model/state:mask", {"kind": "state", "name": "mask", "value": -1e20}),
    # schemas of traces
    ("trace_schema_lines", "trace_schema/variant:TraceItem/cases/case:Correctness/fields/max_error/type", {"kind": "named", "name": "float"}),
    ("trace_schema_unions", "trace_schema/variant:TraceItem/cases/case:Insight/fields/category/type/alternatives/3", {"kind": "literal", "value": "negative"}),
    # knowledge
    ("facts_descriptive", "knowledge/fact:best_on_card/form", "descriptive"),
    ("facts_descriptive", "knowledge/fact:slow_start/properties/observed/value", {"prose": "2026-03-01"}),
    ("facts_descriptive", "knowledge/fact:slow_start/properties/potential_gain/value", {"prose": "1.2x"}),
    ("facts_predicates", "knowledge/fact:is_good/form", "predicate"),
    ("facts_predicates", "knowledge/fact:is_good/params", [{"name": "t", "type": {"kind": "named", "name": "TraceItem.Performance"}}]),
    ("facts_predicates", "knowledge/fact:is_good/properties/return/value", expr('t.speedup > 1.1 and t.step_name == "Run"')),
    ("rules_keys", "knowledge/rule:Tile size/properties/2/value", "tile_n = 128 if causal else 64"),
    ("rules_keys", "knowledge/rule:Short → small tiles/properties/then/value", "pad or mask"),
    ("rules_numbered", "knowledge/rule:Bring-up order/steps/3", {"number": 4, "text": "measure again"}),
    ("rules_numbered", "knowledge/rule:As prose/steps/0", {"number": 1, "text": "read the trace"}),
    ("rules_numbered", "knowledge/rule:As prose/steps/2", {"number": 10, "text": "find what is missing"}),
    ("rules_numbered", "knowledge/rule:Words/steps/1", {"number": 2, "text": "cut"}),
    ("invariants", "knowledge/invariant:Two_Asserts/properties/1/value", "tile_n <= 128"),
    ("invariants", "knowledge/invariant:Formal/properties/assert/value", expr("tile_m % 16 == 0")),
    ("hints_heuristics", "knowledge/heuristic:Longest first/properties/when/value", "causal"),
    # loops
    ("agent_loop_calls", "agent_loop/step:Keep/actions/call/callee", "tool.dsl_integrate"),
    ("agent_loop_calls", "agent_loop/step:Keep/actions/call/arguments/insights/value", ["a", "b"]),
    ("agent_loop_calls", "agent_loop/step:Keep/actions/1", {"kind": "emit", "target": "TraceItem.Insight", "fields": [{"name": "category", "value": "rule"}, {"name": "content", "value": "{{finding}}"}]}),
    ("agent_loop_calls", "agent_loop/step:Keep/actions/3", {"kind": "emit", "text": "all done"}),
    ("agent_loop_if", "agent_loop/step:Check/actions/if/condition", "passed == true"),
    ("agent_loop_if", "agent_loop/step:Check/actions/if/actions/if/actions/call/callee", "tool.dsl_integrate"),
    ("agent_loop_if", "agent_loop/step:Check/actions/2/actions/call/arguments/input/value", expr('file("log.txt")')),
    ("agent_loop_if", "agent_loop/step:Branches/actions/if/actions/emit/fields", [{"name": "step_name", "value": "x"}, {"name": "tflops", "value": 1.5}]),
    ("agent_loop_if", "agent_loop/step:Branches/actions/1/condition", "slow"),
    ("agent_loop_if", "agent_loop/step:Branches/actions/2", {"kind": "else", "actions": [{"kind": "prose", "text": 'emit note("no parameters")'}]}),
    ("triple_quotes", "agent_loop/step:Prompt/actions/1/arguments/content/value", 'def f():\n    return "x"  # {{answer}}\n'),
    ("service_loop", "service_loop/handler/params", [{"name": "q", "type": {"kind": "named", "name": "string"}}, {"name": "limit", "type": {"kind": "named", "name": "int"}}]),
    ("engineering_loop", "engineering_loop/parameter:Depth/values", {"range": {"first": 1, "last": 3}}),
    ("engineering_loop", "engineering_loop/measure/properties/objective/value", "minimize"),
    # the rest
    ("build_artifacts", "build/artifact:knowledge.dsl/properties/content/value", expr("knowledge.facts + knowledge.rules + trace.best")),
    ("build_artifacts", "build/artifact:plain.txt", {"kind": "artifact", "name": "plain.txt", "quoted": True, "properties": []}),
    ("baselines", "baseline/block:constraints/items/memory/value", {"prose": "≤ 12GB", "limit": {"relation": "<=", "value": 12, "unit": "GB"}}),
    ("baselines", "baseline:Second/block:constraints/items/3/limit", {"subject": "error", "relation": ">=", "value": 0.001}),
    ("dynamics", "prose_section/items/transition/value", {"prose": "h[t+1] = block(h[t], x)\n  where block = attention then mlp"}),
    ("halting_logic", "prose_section/items/block:halting_logic/items/block:thresholds/items/mixed/value", 0.8),
    ("experiments", "training/items/lr/value", 0.0003),
    ("objectives", "prose_section:Speed/text", 'target: "1.2x of the baseline"\nmechanism: "overlap of copy and product"\nhardware: "one card, 16 GB"'),
    ("protocol_steps", "prose_section:Bring_Up/items/block:1b_Format_Check/items/trigger/value", "on save"),
    ("protocol_steps", "prose_section:Bring_Up/items/block:03/items/action/value", "number alone"),
    ("utf8_korean", "knowledge/rule:짧은 길이 → 작은 타일 🚀/properties/이유/value", "빈 행이 줄어든다"),
    ("maps_without_commas", "prose_section/items/mid/value", 0.5),
    ("maps_without_commas", "in_a_call/value/expr", 'run("x", options: {…}) or none'),
    ("maps_without_commas", "in_a_call/value/maps/0/retries/value", 3),
    ("maps_without_commas", "in_a_call/value/maps/0/limits/items/time/value", 1),
    ("kernel_procedure", "kernel:helper", {"kind": "kernel", "name": "helper", "compiled": False, "text": "procedure tiny: return x' * {y}[0]"}),
    ("kernel_forms", "kernel:forms/parameters/W", {"kind": "in", "name": "W", "dtype": "f32", "strided": True, "axes": [{"extent": "M", "alias": "r"}, {"extent": "M", "alias": "s"}]}),
    ("kernel_forms", "kernel:forms/grid/binders/b", {"name": "b", "kind": "index", "upper": "B", "atmost": "8"}),
    ("kernel_forms", "kernel:forms/schedule/3", {"key": "order", "value": "grouped(m, 4)"}),
    ("front_matter_full", "front_matter/tags/value", ["looped", "halting-logic", "pre_training", "two words"]),
    ("front_matter_full", "front_matter/extraction-date/value", "2026-02-01"),
    ("front_matter_full", "front_matter/empty/value", ""),
    ("front_matter_full", "front_matter/none/value", []),
    ("extends_imports", "imports/2", {"what": "knowledge", "from": "third.dsl"}),
    ("extends_imports", "extends", "base.dsl"),
    ("strings", "regex/value", "\\d+\\s*(\\w+)"),
    ("strings", "looks_like/value", "// no comment # none /* none */ { [ ("),
    ("odd_keys", "call/value", expr("f(x, y: 2)[3].z")),
    ("prose_sections", "why/value", {"prose": "because the scores are read once, and never again"}),
]


def lists(node):
    """The lists in which a step of a path is looked for."""
    if isinstance(node, list):
        return [node]
    return [node[key] for key in ("items", "sections") if key in node]


def step(node, name):
    if isinstance(node, dict) and name in node and "sections" not in node:
        return node[name]
    if isinstance(node, dict) and name in ("front_matter", "imports", "extends"):
        return node[name]
    if isinstance(node, list) and name.isdigit():
        return node[int(name)]
    kind, _, wanted = name.partition(":")
    for entries in lists(node):
        for entry in entries:
            names = [entry.get(key) for key in ("name", "keyword", "key", "kind")]
            if name in names or (entry.get("kind") == kind and wanted in names):
                return entry
    raise KeyError(name)


documents = {}
for name, path, wanted in ROWS:
    if name not in documents:
        done = run("--emit=system", f"{sys.argv[1]}/{name}.dsl")
        documents[name] = strip(json.loads(done.stdout))
    node = documents[name]
    try:
        for part in path.split("/"):
            node = step(node, part)
    except (KeyError, IndexError) as error:
        sys.exit(f"{name}: {path}: no {error}")
    if node != wanted:
        sys.exit(f"{name}: {path}: expected {wanted!r}, got {node!r}")
print(len(ROWS), "readings of", len(documents), "systems")
