---
title: "Looped Model – v2"     # an en dash, and a comment
source: "notes/looped.md"
extraction-date: 2026-02-01
tags: [looped, halting-logic, pre_training, "two words"]
status: "active"
empty:
none: []
---
system Looped_Model_v2 {
    note: "after front matter"
}
