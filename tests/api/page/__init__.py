"""The page, asked by programs and by a browser."""
