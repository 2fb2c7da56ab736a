"""For people to look at: pages, pictures and tables in a terminal."""
