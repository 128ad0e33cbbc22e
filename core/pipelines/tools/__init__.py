"""The tools of the product: what tasks of pipelines may do; each keeps the promise `Tool`."""
