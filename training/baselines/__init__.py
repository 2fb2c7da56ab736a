"""The answers that a model has to beat: a constant one, and a linear model's."""
