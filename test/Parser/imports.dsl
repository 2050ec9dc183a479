// RUN: spak-parse %s | FileCheck %s
import knowledge from "first.dsl"
system New extends "old.dsl" {
    import facts from 'second.dsl'
    a: 1
}
// CHECK: system New extends "old.dsl"
// CHECK-NEXT: import knowledge from "first.dsl"
// CHECK-NEXT: import facts from "second.dsl"
// CHECK-NEXT: property a: 1
