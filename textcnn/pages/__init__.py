"""What people look at: pages, pictures and tables in a terminal."""
