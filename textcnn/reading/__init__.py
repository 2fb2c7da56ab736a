"""Files to records.

In the order of the flow: bytes (`compression`), text (`encoding`, `numbered_lines`), the file's format
(`detection`, `formats`), its `records`, and which of their `columns` hold text and label. What the user says
of it is its `layout`.

`textcnn.reading.rows` is what the rest of the package uses.
"""
