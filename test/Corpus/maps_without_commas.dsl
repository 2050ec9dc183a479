system Maps_Without_Commas {
    thresholds { low: 0.1 mid: 0.5 high: 0.9 }
    one_per_line {
        a: 1
        b: "two"
        c: [3]
    }
    mixed { a: 1, b: 2 c: 3; d: 4 }
    in_a_list: [ { a: 1 b: 2 }, { a: 3, c: [ { d: 4 } ] } ]
    in_a_call: run("x", options: { retries: 3, limits { time: 1 } }) or none
    anonymous: [ { }, { x } ]
}
