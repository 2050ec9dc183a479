system Model_States {
    model {
        state current: "online_fused"
        state best: KernelConfig
        state loss: float = 0.0
        state step: int = 0
        state hidden: Tensor[B, T, D]
        state mask = -1e20
        state mode: "train" | "eval" = "train"
        state history: list = [1, 2]
        state plain
    }
    model Second { state other: int }
}
