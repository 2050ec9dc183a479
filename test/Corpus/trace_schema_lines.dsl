system Trace_Schema_Lines {
    trace_schema {
        variant TraceItem {
            case Performance {
                step_name: string
                tflops: float
                speedup: float
            }
            case Correctness { step_name: string, passed: boolean, max_error: float, component: string }
            case Analysis {
                bottleneck: "Pipeline_Stall" | "DRAM_BW" | "L2_Conflict"
                confidence: float,
            }
            case Flag { set: bool }
            case Empty { }
        }
        variant Other { case Only { value: int } }
    }
}
