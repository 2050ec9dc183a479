/* block
   comment */
system Unusual { ; , ,
    a:1,b:-2 c:.5 d: 0x1F e: 1_000 f: 1e-4
    path: /usr/lib  other: 3
    ratio: 3:4
    why: because it is so, and not otherwise
    cond: x if y else z   next: 1
    range_of: range[1, 2, 3]
    call: f(x, y: 2)[3].z
    neg: not a and !b || c
    text: 'single' text2: "a \"b\" \\ \n" text3: "regex \d+\s"
    bullet:
      - one
      - two
    @decorated { x: 1 }
    { anonymous: true }
    x { } y {} z
    { w: 1 }
    fact f(a, b: int, 3) { return }
    return x
    a = b = c
    ( stray ) [ list ] : colon
}
