"""Learning from a teacher: a slower, better classifier scores texts, and a TextCNN learns these scores.

flow.py      the whole, read from top to bottom
teacher.py   what can teach: a file of scores, or a Hugging Face sequence classifier (encoder.py)
scores.py    a teacher's scores on disk, so that none is computed twice
lesson.py    texts with the distribution of labels to be learnt for each
"""
