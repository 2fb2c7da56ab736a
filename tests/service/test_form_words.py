from __future__ import annotations

import pytest

from textcnn.service.form_words import in_form_words


@pytest.mark.parametrize(
    ("said", "in_a_form"),
    [
        ("say which with --label-column", "say which with label_column"),
        ("leave them out with --skip-unlabelled.", "leave them out with skip_unlabelled."),
        ("say --no-header or --header", "say header or header"),
        (
            "name it with --encoding, or say --encoding utf-16-le",
            "name it with encoding, or say encoding utf-16-le",
        ),
        (
            "the rule --- and --replace stay, as x--header does",
            "the rule --- and --replace stay, as x--header does",
        ),
    ],
)
def test_options_become_the_fields_that_mean_the_same(said: str, in_a_form: str) -> None:
    assert in_form_words(said) == in_a_form
