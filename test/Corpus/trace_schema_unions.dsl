system Trace_Schema_Unions {
    trace_schema {
        variant TraceItem {
            case Insight {
                source: string
                category: "bottleneck" | "optimal"
                        | "rule" | 'negative'
                content: string, confidence: float
                applied: bool
            }
            case DesignCheck { invariant_name: string is_satisfied: boolean }
            case Memory { utilization: float bandwidth_gbs: float }
        }
    }
}
