"""Starts of a training, other than random vectors: the choice `init` of a recipe.

bundled_base.py      the bundled bases, English and Chinese, and which of them suits a corpus
encoder_vectors.py   tokenizer and word embeddings of a Hugging Face encoder
word_vectors.py      word2vec, GloVe and fastText files
earlier_model.py     a model directory, to go on from
start.py             what all of them give
choose_start.py      the one that a recipe names
"""
