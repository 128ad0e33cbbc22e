"""The tools of the product: each on real files, a scripted model and servers of this machine."""
