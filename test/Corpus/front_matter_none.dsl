

// Blank lines and comments may come first when there is no front matter.
system Front_Matter_None {
}
