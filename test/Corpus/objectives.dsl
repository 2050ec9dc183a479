system Objectives {
    objective Speed {
        target: "1.2x of the baseline"
        mechanism: "overlap of copy and product"
        hardware: "one card, 16 GB"
    }
    infrastructure Local {
        gpu: 1
        smoke_test { cmd: "run --steps 10" expected: "loss < 11" }
        paths { data: "data/" out: "out/" }
    }
    future_work {
        step "Backward pass" { description: "five products" }
        step "Decode" { description: "one row" priority: 2 }
    }
}
