"""Members' profiles, finding firms by them, and how well a new partner would close one's loops."""
