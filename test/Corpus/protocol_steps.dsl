system Protocol_Steps {
    protocol Bring_Up {
        step 1_Baseline {
            action: "run the baseline"
            check: "loss is finite"
            failure_mode: "nan"
            if_fails: "lower the rate"
        }
        step 1b_Format_Check { action: "read the file" expected: "no message" trigger: "on save" }
        step 2nd_Round { action: "again" }
        step 03 { action: "number alone" }
    }
}
