system Invariants {
    knowledge {
        invariant GQA_Safety {
            assert: "num_heads % num_head_kv == 0"
            verification: "checked at launch"
            source: "attention.py:L716"
        }
        invariant Two_Asserts { assert: "tile_m <= 128" assert: "tile_n <= 128" }
        invariant Numeric_Order {
            assert: "the running maximum is subtracted before exp"
            reason: """
                exp of a large score overflows;
                  the maximum keeps it at most 1.
                """
        }
        invariant Formal { assert: tile_m % 16 == 0 }
    }
}
