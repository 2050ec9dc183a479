system Checks {
    protocol Release {
        step 1_Build { action: "make" check: "exit code 0" failure_mode: "compiler missing" }
        step 1b_Format_Check { action: "format --check" expected: "no diff" if_fails: "run format" }
        step 2_Test { action: "ctest" trigger: always }
    }
    rule_set {
        rule "ordered" {
            1: "read the manual"
            2: "measure"
            3. "only then change"
        }
    }
}
