"""Learning from a teacher: a slower, better classifier scores texts, and a TextCNN learns these scores.

flow.py      the whole, read from top to bottom
teacher.py   what can teach: a file of scores, or a Hugging Face sequence classifier (encoder.py)
scores.py    a teacher's scores on disk, so that none is computed twice
seen.py      which texts a teacher was taught on, so that none of them tests a student
lesson.py    texts with the distribution of labels to be learnt for each
"""
