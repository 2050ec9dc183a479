// One diagnostic for what has no text, and no output.
// RUN: spak-translate %s --split-input-file --spak-cuda-to-cuda --verify-diagnostics

spak_cuda.kernel @k(%x: i32) attributes {threads = 128, spak_cuda.arg_names = ["x"]} {
  // expected-error@+1 {{`spak_cuda.barrier_ids` has no CUDA C++ text}}
  %ids = spak_cuda.barrier_ids "turn" ids 2
  spak_cuda.return
}

// -----

spak_cuda.kernel @k() attributes {threads = 128} {
  // expected-error@+1 {{a buffer without offset: run allocate-shared first}}
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 1024 bytes of bf16>
  spak_cuda.return
}

// -----

// expected-error@+1 {{an argument of type 'f64' has no C++ type}}
spak_cuda.kernel @k(%x: f64) attributes {threads = 128, spak_cuda.arg_names = ["x"]} {
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%x: i1, %y: i32, %m: !spak_cuda.tmap) attributes {threads = 128, spak_cuda.arg_names = ["x", "y", "m"]} {
  %a = spak_cuda.shared "a" at 0 {spak_cuda.names = ["a"]} : !spak_cuda.smem<1 x 1024 bytes of bf16>
  // expected-error@+1 {{`spak_cuda.tma.store` with combine has no text yet}}
  spak_cuda.tma.store %a[%y] to %m[%y] when %x {combine = "add"} : !spak_cuda.smem<1 x 1024 bytes of bf16>
  spak_cuda.return
}

// -----

// expected-error@+1 {{a host function without a launch}}
spak_cuda.host @h() {
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%x: f32) attributes {threads = 128, spak_cuda.arg_names = ["x"]} {
  // expected-error@+1 {{a fragment without a variable: run prepare-emission first}}
  %f = spak_cuda.frag.fill %x : f32 -> !spak_cuda.frag<2xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%x: i32) attributes {threads = 256, spak_cuda.arg_names = ["x"]} {
  spak_cuda.roles {
    // expected-error@+1 {{expected roles without gaps, in order of warps: this one should begin at warp 0}}
    spak_cuda.role @r warps 4 for 4 { }
  }
  spak_cuda.return
}
