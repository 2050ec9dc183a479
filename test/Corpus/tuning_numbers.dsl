system Tuning_Numbers {
    tuning_space {
        tile_m: [32, 64, 128]
        warps: 80
        dropout: 0.05
        learning_rate: [1e-1, 1e-4, 3.0e-4, 5E-5]
        mask_value: -1e20
        offsets: [-2, -1, 0, +1]
        vocabulary: 50_304
        flags: 0x1F
        half: .5
        tiny: [1e-08, 1.5e+3]
    }
}
