system Dynamics {
    dynamics {
        state h: Tensor[B, T, D]
        transition:
            h[t+1] = block(h[t], x)
              where block = attention then mlp
        halting:
            p = sigmoid(w · h[t])
            stop when sum(p) > 1 - ε
        stop_condition: "t == T_max"
        properties: { shared_weights: true, depth: "adaptive" }
    }
}
