system Nested_Maps {
    outer: {
        inner { deep: { deepest { value: 1 } } }
        sibling: { }
        list: [1, [2, 3], { x: [4] }]
    }
    @decorated { x: 1 }
    { anonymous: true }
    two words here { y: 2 }
}
