"""Whole files labelled in constant memory, on all cores, to the end or to be continued.

In the order of the flow: a file is opened and its output chosen (`prepare`), its rows come in `chunks`, a
chunk is labelled (`label_chunk`) and written as bytes (`outputs`) in one of several processes (`workers`),
kept as a numbered part (`partial_output`), and all parts make the output. `one_file` puts them together,
`many_files` does so for a directory, here or on a `cluster`, and `in_process` for a loaded classifier.
"""
