// SPDX-License-Identifier: Apache-2.0
system Earlier {
  design_space { causal: [true, false] }
  tuning_space { tile_m: [32, 64, 128, 256], tile_n: [64, 128] // the keys
    k_load_latency: [2, 3]  v_load_latency: [2, 4] }
  trace_schema {
    variant TraceItem {
      case Performance { step_name: string, tflops: float, speedup: float }
      case Correctness { step_name: string
                         passed: bool
                         max_error: float, component: string }
      case Analysis { bottleneck: "Pipeline_Stall" | "DRAM_BW" | "L2_Conflict" }
      case Convergence { step: integer loss: float }
    }
  }
}
