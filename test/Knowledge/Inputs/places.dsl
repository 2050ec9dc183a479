system places {
  tuning_space { tile_m: [64, 128] }
  knowledge {
    fact good { recommend: "tile_m = 128" confidence: 0.9 date: 2026-01-31 }
    // Neither the date nor the figure may make this one win.
    fact odd { recommend: "tile_m = 64" confidence: 2.5 date: "2026-99-99" }
    fact words { description: "d" confidence: "high" shape: "M=4k, N=8" }
    fact below { description: "d" confidence: -1 }
    fact month { description: "d" date: "2026-01" shape: "M=1, N=2," }
    fact moment { description: "d" date: "2026-01-31T10:00:00" }
  }
  kernel_notes { text: "a section of any name is prose" }
  hint_list { x: 1 }
  dynamics { state h: Tensor }

  invariant outside { assert: "tile_m > 64" }
  rule "too" { when: "tile_m == 64" apply: "tile_m = 128" }
}
