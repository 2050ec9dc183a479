system Facts_Predicates {
    knowledge {
        fact is_l2_bound(t: TraceItem.Performance) { return t.speedup < 0.85 }
        fact is_good(t: TraceItem.Performance) {
            return t.speedup > 1.1 && t.step_name == "Run"
        }
        fact both(a: TraceItem.Analysis, b: TraceItem.Performance) {
            return a.bottleneck == 'DRAM_BW' || !(b.tflops >= 100.0) and not a.known
        }
        fact untyped(t) { return t }
    }
}
