"""The college's frameworks as a service of CASE (1EdTech), version 1.1 and 1.0: to read, by all.

queries    limit, offset, sort, filter and fields
failures   what a service of 1EdTech says when something is wrong
objects    the documents and packages, and each object by its identifier
"""
