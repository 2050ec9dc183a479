system Templates {
    engineering_loop Sweep {
        parameter Tile_M: [64, 128]      // differs from tile_m by case
        parameter K_Lat: [2, 4]
        measure {
            cmd: "bench --tile {{Tile_M}} --lat {{ K_Lat }}"
            metric: "tflops"
            objective: "maximize"
        }
    }
    agent_loop Use {
        step "{{name}}" { tool.run { cmd: "{{a}}{{b}}" } emit "{{result}}" }
    }
}
