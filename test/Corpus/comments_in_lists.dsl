/* A block comment
   over two lines. */
system Comments_In_Lists { // after a brace
    # a hash comment
    tuning_space {
        tile: [
            64,     // small shapes
            // nothing above 128 fits
            128,    # large shapes
            /* 256, */
        ]           // after the list
        other: [1, /* between */ 2]
        // before the closing brace
    }
    // before the last brace
} // after the system
# the end
