system One_Line_System { knowledge { fact a { x: 1 } rule "r" { when: "c" recommend: "d = 1" } } build { artifact "x" } }
