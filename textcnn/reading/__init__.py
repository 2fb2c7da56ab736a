"""Files to records.

In the order of the flow: bytes (`compression`), text (`encoding`, `lines`), what the file says of itself
(`detection`), `records`, and which of their `columns` hold text and label.

`textcnn.reading.rows` is what the rest of the package uses.
"""
