// RUN: spak-opt %s -assign-layouts -split-input-file -verify-diagnostics

!a = !spak.tile<m=128, k=64 : bf16>
!b = !spak.tile<n=64, k=64 : bf16>
!c = !spak.tile<m=128, n=64 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_90a", wgmma = true}>} {
  spak.kernel @rows(%A: !spak.view<M, K : bf16>, %B: !spak.view<N, K : bf16>, %m: !spak.range<m=128>, %n: !spak.range<n=64>, %k: !spak.range<k=64>)
      attributes {request = #spak.request<{consumers = 3 : i64}>} {
    %a = spak.load %A[%m, %k] : !spak.view<M, K : bf16>[!spak.range<m=128>, !spak.range<k=64>] -> !a
    %b = spak.load %B[%n, %k] : !spak.view<N, K : bf16>[!spak.range<n=64>, !spak.range<k=64>] -> !b
    // expected-error @below {{has 128 rows along `m` for 3 consumer groups; wgmma gives each group 64 rows, so 192 are needed}}
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
    spak.return
  }
}

// -----

!a = !spak.tile<m=64, k=64 : bf16>
!b = !spak.tile<n=12, k=64 : bf16>
!c = !spak.tile<m=64, n=12 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_90a", wgmma = true}>} {
  spak.kernel @columns(%A: !spak.view<M, K : bf16>, %B: !spak.view<N, K : bf16>, %m: !spak.range<m=64>, %n: !spak.range<n=12>, %k: !spak.range<k=64>) {
    %a = spak.load %A[%m, %k] : !spak.view<M, K : bf16>[!spak.range<m=64>, !spak.range<k=64>] -> !a
    %b = spak.load %B[%n, %k] : !spak.view<N, K : bf16>[!spak.range<n=12>, !spak.range<k=64>] -> !b
    // expected-error @below {{has 12 columns along `n`; wgmma makes multiples of 8 up to 256}}
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
    spak.return
  }
}

// -----

!a = !spak.tile<m=64, k=24 : bf16>
!b = !spak.tile<n=64, k=24 : bf16>
!c = !spak.tile<m=64, n=64 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_90a", wgmma = true}>} {
  spak.kernel @depth(%A: !spak.view<M, K : bf16>, %B: !spak.view<N, K : bf16>, %m: !spak.range<m=64>, %n: !spak.range<n=64>, %k: !spak.range<k=24>) {
    %a = spak.load %A[%m, %k] : !spak.view<M, K : bf16>[!spak.range<m=64>, !spak.range<k=24>] -> !a
    %b = spak.load %B[%n, %k] : !spak.view<N, K : bf16>[!spak.range<n=64>, !spak.range<k=24>] -> !b
    // expected-error @below {{contracts 24 elements of axis `k`; wgmma contracts multiples of 16}}
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
    spak.return
  }
}

// -----

!a = !spak.tile<m=64, k=64 : f32>
!b = !spak.tile<n=64, k=64 : f32>
!c = !spak.tile<m=64, n=64 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_90a", wgmma = true}>} {
  spak.kernel @element(%A: !spak.view<M, K : f32>, %B: !spak.view<N, K : f32>, %m: !spak.range<m=64>, %n: !spak.range<n=64>, %k: !spak.range<k=64>) {
    %a = spak.load %A[%m, %k] : !spak.view<M, K : f32>[!spak.range<m=64>, !spak.range<k=64>] -> !a
    %b = spak.load %B[%n, %k] : !spak.view<N, K : f32>[!spak.range<n=64>, !spak.range<k=64>] -> !b
    // expected-error @below {{expected operands of bf16 or f16 for wgmma, got 'f32'}}
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
    spak.return
  }
}

// -----

!a = !spak.tile<m=64, k=64 : bf16>
!b = !spak.tile<n=64, k=64 : bf16>
!c = !spak.tile<m=64, n=64 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_80"}>} {
  spak.kernel @target(%A: !spak.view<M, K : bf16>, %B: !spak.view<N, K : bf16>, %m: !spak.range<m=64>, %n: !spak.range<n=64>, %k: !spak.range<k=64>) {
    %a = spak.load %A[%m, %k] : !spak.view<M, K : bf16>[!spak.range<m=64>, !spak.range<k=64>] -> !a
    %b = spak.load %B[%n, %k] : !spak.view<N, K : bf16>[!spak.range<n=64>, !spak.range<k=64>] -> !b
    // expected-error @below {{needs wgmma, which sm_80 does not have; products on other tensor cores are not supported}}
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
    spak.return
  }
}

// -----

// A request that nobody reads is not ignored.
module attributes {spak.target = #spak.target<{arch = "sm_90a", wgmma = true}>} {
  // expected-error @below {{request `occupancy` is read by no decision}}
  spak.kernel @unread() attributes {request = #spak.request<{occupancy = 2 : i64}>} {
    spak.return
  }
}

// -----

// The second product contracts the rows of the first: its operand would have
// to be transposed through shared memory.
!a = !spak.tile<m=64, k=64 : bf16>
!b = !spak.tile<n=64, k=64 : bf16>
!c = !spak.tile<m=64, n=64 : f32>
!p = !spak.tile<m=64, n=64 : bf16>
!e = !spak.tile<n=64, k=64 : f32>
!f = !spak.tile<m=64, k=64 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_90a", wgmma = true}>} {
  spak.kernel @both_ways(%A: !spak.view<M, K : bf16>, %B: !spak.view<N, K : bf16>, %m: !spak.range<m=64>, %n: !spak.range<n=64>, %k: !spak.range<k=64>) {
    %a = spak.load %A[%m, %k] : !spak.view<M, K : bf16>[!spak.range<m=64>, !spak.range<k=64>] -> !a
    %b = spak.load %B[%n, %k] : !spak.view<N, K : bf16>[!spak.range<n=64>, !spak.range<k=64>] -> !b
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
    %p = spak.convert %c : !c -> !p
    %f = spak.dot %p, %b over "n" : !p, !b -> !f
    // expected-error @below {{needs rows along `n` because it contracts the other axis of a computed tile, but this tile has its rows along `m`; a pass through shared memory would be needed, which is not supported}}
    %e = spak.dot %p, %a over "m" : !p, !a -> !e
    spak.return
  }
}
