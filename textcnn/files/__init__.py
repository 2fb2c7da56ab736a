"""Whole files labelled in constant memory, on all cores, to the end or to be continued.

In the order of the flow: a `source` is read in chunks, a chunk is labelled (`labelling`) and written as bytes
(`outputs`) in one of several processes (`pool`), kept as a numbered part (`parts`), and all parts make the
output. `job` puts them together.
"""
