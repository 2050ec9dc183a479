// RUN: spak-parse %s | FileCheck %s
// Balanced text of any kind is an entry or prose, never an error. Each of
// these was one once.
system Odd {
    // CHECK: property 12: prose `return words`
    // CHECK-NEXT: prose `[ list "x" , , - from ]`
    12: return words
    [ list "x" , , - from ]
    // CHECK-NEXT: prose `import as true`
    // CHECK-NEXT: property and: a as true
    import as true
    and: a as true
    // CHECK-NEXT: block head (a)
    // CHECK-NEXT: property x: 1
    head ( a == ( ) two.dots :not { ! } ) { x: 1 }
    // CHECK-NEXT: property if: prose `-`
    // CHECK-NEXT: property step: import
    if = -
    step = import
    // CHECK-NEXT: property open: prose `a +`
    // CHECK-NEXT: property next: 2
    open: a +
    next: 2
    // CHECK-NEXT: prose `@ { y: 2 }`
    @ { y: 2 }
    // CHECK-NOT: {{.}}
}
