// Ranges that begin late and end early; the un-tiled meaning in float64 is
// their reference. What no range reaches is not written.
system Ranges {
    tuning_space { tile: [64] }

    kernel part {
        dims M
        in A: f32[M]
        in first: s32 = 3
        out C: f32[M]
        grid (m in tiles(first, M - 2, tile)) { store C[m] = 2.0 * (load A[m]) }
    }

    kernel sums {
        dims M, N
        in A: f32[M, N]
        in low: s32 = 5
        out C: f32[M]
        grid (m in tiles(M, tile)) {
            acc = zeros f32[m]
            top = fill(-1e30) f32[m]
            for n in tiles(low, N - 1, 32) {
                a = load A[m, n]
                acc += sum(a, over: n)
                top = max(top, max(a, over: n))
            }
            store C[m] = acc + top
        }
    }

    // Scores that fall with distance, over the keys of each batch's own part.
    kernel parts {
        dims B, M, N
        static E: [64]
        in Q: bf16[B, M, E]
        in K: bf16[B, N, E]
        in V: bf16[B, N, E]
        in Begin: s32[B]
        in End: s32[B]
        out O: f32[B, M, E]
        grid (m in tiles(M, tile), b in B) {
            q = load Q[b, m, :]
            state = online_softmax(rows: m, width: E)
            for n in tiles(load Begin[b], load End[b], 64) {
                s = dot(q, load K[b, n, :], over: E) + 0.01 * (n - m)
                state.update(mask(s, n <= m + 70), load V[b, n, :])
            }
            store O[b, m, :] = state.output
        }
    }

    // A product over the middle of its axis: what lies behind is there, and
    // must not count.
    kernel middle {
        dims M, N, K
        in A: bf16[M, K]
        in B: bf16[N, K]
        in from: s32 = 8
        out C: f32[M, N]
        grid (m in tiles(M, tile), n in tiles(N, 64)) {
            acc = zeros f32[m, n]
            for k in tiles(from, K - 9, 64) {
                acc += dot(load A[m, k], load B[n, k], over: k)
            }
            store C[m, n] = acc
        }
    }
}
