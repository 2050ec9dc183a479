// Kernels that nobody wrote the compiler for. The un-tiled meaning in float64
// is their reference.
system Variety {
    tuning_space { tile: [64] }

    kernel rmsnorm {
        dims M
        static D: [96]
        in X: bf16[M, D]
        in W: bf16[D]
        in eps: f32 = 1e-6
        out Y: bf16[M, D]
        grid (m in tiles(M, tile)) {
            x = load X[m, :] as f32
            rs = rsqrt(mean(x * x, over: D) + eps)
            store Y[m, :] = x * rs * (load W[:] as f32)
        }
    }

    kernel softmax_rows {
        dims M, N
        in X: f32[M, N]
        out Y: f32[M, N]
        grid (m in tiles(M, tile)) {
            top = fill(-1e30) f32[m]
            for n in tiles(N, 32) { top = max(top, max(load X[m, n], over: n)) }
            total = zeros f32[m]
            for n in tiles(N, 32) { total += sum(exp(load X[m, n] - top), over: n) }
            for n in tiles(N, 32) { store Y[m, n] = exp(load X[m, n] - top) / total }
        }
    }

    // A window that slides, a sink, a soft cap and a slope, in one text.
    kernel window {
        dims M, N
        static E: [64]
        in Q: bf16[M, E]
        in K: bf16[N, E]
        in V: bf16[N, E]
        in left: s32 = 20
        in slope: f32 = 0.01
        out O: f32[M, E]
        grid (m in tiles(M, tile)) {
            q = load Q[m, :]
            state = online_softmax(rows: m, width: E)
            for n in tiles(N, 64) {
                i = m + (N - M)
                s = dot(q, load K[n, :], over: E)
                s = 30.0 * tanh(s / 30.0) + slope * (n - i)
                s = mask(s, i - left < n <= i or n < 4)
                state.update(s, load V[n, :])
            }
            store O[m, :] = state.output
        }
    }

    // A gated pair of products with a bias.
    kernel gated {
        dims M, F, K
        in X: bf16[M, K]
        in U: bf16[F, K]
        in G: bf16[F, K]
        in bias: f32[F]
        out Y: bf16[M, F]
        grid (m in tiles(M, tile), f in tiles(F, 64)) {
            up = zeros f32[m, f]
            gate = zeros f32[m, f]
            for k in tiles(K, 64) {
                x = load X[m, k]
                up += dot(x, load U[f, k], over: k)
                gate += dot(x, load G[f, k], over: k)
            }
            store Y[m, f] = silu(gate) * (up + load bias[f])
        }
    }
}
