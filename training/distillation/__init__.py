"""Learning from a teacher: a slower, better classifier scores texts, and a TextCNN learns these scores.

distill.py          the whole, read from top to bottom
teacher.py          what can teach; of that, file_teacher.py is a file of scores, encoder_teacher.py a Hugging
                    Face sequence classifier, and choose_teacher.py takes one or the other
label_order.py      which of its labels is which of ours
teacher_scores.py   a teacher's scores on disk, so that none is computed twice
taught_texts.py     the texts that a teacher was taught on, so that none of them tests a student
"""
