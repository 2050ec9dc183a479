system Two_Kernels {
    kernel old { procedure f: nested { x = [1, 2] } }
    kernel new {
        dims M
        in X: f32[M]
        out Y: f32[M]
        grid (m in tiles(M, 128)) { store Y[m] = load X[m] }
    }
}
