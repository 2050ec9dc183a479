// RUN: spak-parse %s | FileCheck %s
// RUN: spak-parse --emit=system %s | FileCheck %s --check-prefix=JSON
// A kernel whose first word is `procedure` is prose, whatever it holds.
system Old {
    // CHECK: kernel first (procedure)
    // CHECK-NEXT: kernel second
    // CHECK-NEXT: dim M
    // JSON: "compiled": false
    // JSON: "name": "first"
    // JSON-NEXT: "text": "# a comment\nprocedure main:\n    acc = a @ b   don't {x: [1, 2]} % ≤"
    // JSON: "compiled": true
    // JSON: "name": "second"
    kernel first {
        # a comment
        procedure main:
            acc = a @ b   don't {x: [1, 2]} % ≤
    }
    kernel second { dims M }
}
