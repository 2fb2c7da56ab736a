"""Code and tables that are made once and kept between processes."""
