"""What the product costs and what it finds, in figures."""
