// RUN: spak-parse %s | FileCheck %s
// The generic stratum takes every section; entries are separated by commas,
// new lines or nothing.
system Generic {
    // CHECK: block model
    model {
        // CHECK-NEXT: block type Config matches
        // CHECK-NEXT: property a: int
        // CHECK-NEXT: property b: ["x", "y"]
        type Config matches { a: int, b: ["x", // comment
                                          "y"] }
        // CHECK-NEXT: property state current: "x"
        // CHECK-NEXT: property state loss: float = 0.0
        // CHECK-NEXT: property state h: Tensor[B, T, D]
        state current: "x"   state loss: float = 0.0
        state h: Tensor[B, T, D]
    }
    // CHECK-NEXT: block fact is_slow (t: Trace.Performance)
    // CHECK-NEXT: property return: t.speedup < 0.85 and t.x == 1
    fact is_slow(t: Trace.Performance) { return t.speedup < 0.85 && t.x == 1 }
    // CHECK-NEXT: block rule "Size → small"
    // CHECK-NEXT: property recommend: "a = 1"
    // CHECK-NEXT: property recommend: "b = 2"
    // CHECK-NEXT: property 1: "first"
    // CHECK-NEXT: prose `2. "second"`
    rule "Size → small" {
        recommend: "a = 1" recommend: "b = 2"
        1: "first"
        2. "second"
    }
    // CHECK-NEXT: block case Insight
    // CHECK-NEXT: property kind: "a" | "b"
    // CHECK-NEXT: property text: string
    case Insight { kind: "a" | "b" text: string }
    // CHECK-NEXT: block step "Write"
    // CHECK-NEXT: block tool.write
    // CHECK-NEXT: property path: "x.py"
    // CHECK-NEXT: block emit Trace.Insight (no body)
    // CHECK-NEXT: block emit "text" (no body)
    // CHECK-NEXT: block if "a > b"
    // CHECK-NEXT: block emit Trace.Other (no body)
    step "Write" {
        tool.write { path: "x.py" }
        emit Trace.Insight emit "text" if "a > b" { emit Trace.Other }
    }
    // CHECK-NEXT: block nested
    // CHECK-NEXT: block deeper
    // CHECK-NEXT: property x: 1
    nested: { deeper { x: 1 } }
    // CHECK-NEXT: block step 1b_Format_Check
    // CHECK-NEXT: property ok: true
    step 1b_Format_Check { ok: true }
    // CHECK-NEXT: block limits
    // CHECK-NEXT: prose `memory ≤ 12GB`
    // CHECK-NEXT: prose `time ≤ 24h`
    limits { memory ≤ 12GB, time ≤ 24h }
    // CHECK-NEXT: property max: prose `≤ 3 days`
    // CHECK-NEXT: property metrics: ["a", "b"]
    // CHECK-NEXT: property sum: a + b
    // CHECK-NEXT: property key
    // CHECK-NEXT: property empty
    // CHECK-NEXT: property path: prose `/usr/lib`
    // CHECK-NEXT: property next: -1
    max: ≤ 3 days
    metrics ["a", "b"]
    sum: a + b
    key
    empty:
    path: /usr/lib   next: -1
    // CHECK-NEXT: property transition: prose `h[t] = f(h)
    // CHECK-NEXT: y = g(h)`
    // CHECK-NEXT: property halting: "x"
    transition:
        h[t] = f(h)
        y = g(h)
    halting: "x"
    // CHECK-NEXT: property maps: [{…}, {…}]
    // CHECK-NEXT: map
    // CHECK-NEXT: property a: 1
    // CHECK-NEXT: map
    // CHECK-NEXT: property b: 2
    maps: [ { a: 1 }, { b: 2 }, ]
    // CHECK-NEXT: prose `words that say → something`
    words that say → something
    // CHECK-NEXT: property text: "\n  keeps its \"lines\"\n"
    text: """
  keeps its "lines"
"""
    // CHECK-NEXT: property 이름: 값
    이름: 값
    // CHECK-NOT: {{.}}
}
