system Utf8_Signs {
    notes {
        arrows: a → b ⇒ c ← d
        maths: ∑ᵢ xᵢ · yᵢ ≥ 0 ∧ ε ≪ 1
        emoji: 🔥 hot path 🔥
        bounds { memory ≤ 12GB, latency ≥ 3µs }
        quote: “curly” and ‘single’
        "ключ": "значение"
    }
    Größe: 3   名前: "値"
}
