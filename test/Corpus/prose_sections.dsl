system Prose_Sections {
    background {
        The kernel is bound by memory; see the roofline below.
        - one point
        - another: with a colon
        * a star

        A second paragraph, with commas, and (parentheses).
    }
    formula:
        O = softmax(Q Kᵀ / √d) V
        L = log Σ exp(S)
    why: because the scores are read once, and never again
    path: /usr/share/data  other: C:\temp
    ratio: 3:4
    words without any sign
    return early
}
