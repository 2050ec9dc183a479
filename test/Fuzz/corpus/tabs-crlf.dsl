system Tabs {
	design_space {
		a: [1, 2]	// tab
	}
	note: "tab	inside"
}
