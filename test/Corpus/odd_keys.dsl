system Odd_Keys {
    "quoted key": 5
    12: "number as a key"
    1b_key: true
    dotted.key: 1
    key_with_sign = 4
    a = b = c
    empty:
    alone
    if: "word of a kernel" load: 1 grid: [2] when: "x" for: 3
    true_value: true
    list_key [1, 2]
    neg: not a and !b || c
    cond: x if y else z
    call: f(x, y: 2)[3].z
    union: "A" | 'B' | C
    conv: x as bf16
}
