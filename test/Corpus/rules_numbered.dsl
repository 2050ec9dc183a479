system Rules_Numbered {
    knowledge {
        rule "Bring-up order" {
            when: "new device"
            1: "measure the baseline"
            2: "sweep tiles"
            3: "fix the layout", 4: "measure again"
        }
        rule "As prose" {
            1. "read the trace"
            2. "write the fact"
            10. find what is missing
        }
        rule "Words" {
            step 1: "count"
            step 2: "cut"
        }
    }
}
