system Strings {
    plain: "text"
    single: 'a "b" c'
    escapes: "tab\t quote\" back\\slash newline\n"
    regex: "\d+\s*(\w+)"
    empty: ""
    looks_like: "// no comment # none /* none */ { [ ("
    template: "{{a}} and {b}"
    triple: """a "b" ""c"""
    after: "x" before: "y"
}
