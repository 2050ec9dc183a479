system Tabs_And_Crlf {
	knowledge {
		fact a {	x:	1	}	// tab before
		rule "r" {
			when: "y"
		}
	}
	text: """line one
	line two"""
}
