system Empty { }
