from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.directory import ModelDirectory
from textcnn.errors import ConfigError, CorpusError, InputError, TextCNNError
from textcnn.recipe import Recipe
from textcnn.tokens.normalise import normalise
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.data.targets import make_lesson, new_texts, softened
from textcnn.training.defaults import settle
from textcnn.training.distillation.distill import distill
from textcnn.training.distillation.encoder_teacher import EncoderTeacher, teach
from textcnn.training.distillation.file_teacher import FileTeacher
from textcnn.training.distillation.label_order import label_order
from textcnn.training.distillation.taught_texts import SEEN, require_unseen
from textcnn.training.distillation.teacher import find_teacher
from textcnn.training.distillation.teacher_scores import KeptScores
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.reading.rows import Row
    from textcnn.training.data.corpus import Corpus

LABELS = ("negative", "positive")
GOOD = {"good", "warm", "funny", "fine", "clever", "lovely", "好", "棒"}


class Knowing:
    """A teacher that knows the words; it counts what it is asked."""

    name, identity, slow = "knowing", "1", True
    seen = frozenset[str]()

    def __init__(self) -> None:
        self.asked = 0

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked += len(texts)
        positive = np.array([0.95 if GOOD & set(text.split()) else 0.05 for text in texts])
        return np.stack([1 - positive, positive], axis=1)


class Notes(Reporter):
    """Keeps what a run tells."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def note(self, sentence: str) -> None:
        self.told.append(sentence)


@pytest.fixture(scope="module")
def few(rows: list[Row]) -> Corpus:
    """Thirty labelled rows to train on, and a large test part."""
    return corpus_from_rows(rows[:40], test=rows[200:], seed=1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> Path:
    """A tiny encoder with random weights, as its library writes one."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = sorted({word for row in rows for word in row.text.split()})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *words])}
    tokens = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))  # no secret
    tokens.pre_tokenizer = WhitespaceSplit()
    path = tmp_path_factory.mktemp("encoder")
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
    ).save_pretrained(path)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(path)
    return path


def write_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(build_app(), [str(argument) for argument in arguments])
    if isinstance(result.exception, TextCNNError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_target_mixes_the_label_with_the_teachers_scores(few: Corpus) -> None:
    rows = few.train[:]
    labelled = len(rows["text"])
    scores = np.tile([0.2, 0.8], (labelled + 3, 1))
    scores[0] = scores[-1] = np.nan
    lesson = make_lesson(few, ["x", "y", "z"], scores, hard=0.25, temperature=1)
    assert lesson.texts == [*rows["text"], "x", "y"]  # z has no scores
    assert np.allclose(lesson.targets.sum(axis=1), 1)
    assert lesson.targets[0, rows["labels"][0][0]] == 1
    label = rows["labels"][1][0]
    assert lesson.targets[1, label] == pytest.approx(0.25 + 0.75 * (0.2, 0.8)[label])
    assert lesson.targets[-1] == pytest.approx([0.2, 0.8])


def test_labels_match_whatever_their_case_unless_that_tells_them_apart() -> None:
    assert label_order(["NEGATIVE", "POSITIVE"], ["negative", "positive"], {}) == [0, 1]
    assert label_order(["a", "A"], ["A", "a"], {}) == [1, 0]


def test_temperature_divides_logits() -> None:
    logits = np.array([[1.0, -2.0, 0.5]])
    scores = np.exp(logits) / np.exp(logits).sum()
    expected = np.exp(logits / 3) / np.exp(logits / 3).sum()
    assert softened(scores, 3) == pytest.approx(expected)


def test_no_text_of_the_corpus_is_learnt_from_the_teacher(few: Corpus) -> None:
    held_out = [*few.test[:]["text"], *few.validation[:]["text"], *few.train[:]["text"]]
    disguised = [f"  {text.upper()}!! " for text in held_out]
    assert all(normalise(text) == normalise(other) for text, other in zip(held_out, disguised, strict=True))
    found, left_out = new_texts([*held_out, *disguised, "a new one", "A new one.", ""], few)
    assert found == ["a new one"]
    assert left_out == {"in the corpus": 2 * len(held_out), "repeated": 1, "empty": 1}


def test_the_student_of_a_good_teacher_is_better_than_without(
    few: Corpus, rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    teacher, out = Knowing(), tmp_path / "student"
    unlabelled = [row.text for row in rows]  # test rows among them
    model = distill(few, unlabelled, teacher, recipe, out)
    assert model is not None
    facts = model.training()["distillation"]
    assert facts["unlabelled"] == len(new_texts(unlabelled, few)[0]) < 200
    figures = facts["figures"]
    assert figures["teacher"]["accuracy"] == 1
    assert figures["student"]["accuracy"] > figures["without"]["accuracy"] + 0.05
    assert figures["student"]["accuracy"] == model.metrics()["accuracy"]
    assert "student without distillation" in (out / "report.html").read_text(encoding="utf-8")

    asked = teacher.asked
    distill(few, unlabelled, teacher, recipe, out, replace=True)
    assert teacher.asked == asked  # all of it was on disk


def test_what_is_left_out_and_the_comparison_are_told_of(
    few: Corpus, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "textcnn.training.distillation.distill.train", lambda *_, **__: None
    )  # the student is of no interest here
    unlabelled = ["a good one", "A good one!", "not scored", "", few.test[0]["text"]]
    file = write_csv(
        tmp_path / "scores.csv",
        [("text", *LABELS), ("a good one", 0, 1), *((text, 1, 1) for text in few.train[:]["text"])],
    )

    def told() -> list[str]:
        reporter, teacher = Notes(), find_teacher(str(file), LABELS, {})
        distill(few, unlabelled, teacher, recipe, tmp_path / "student", reporter=reporter)
        return reporter.told

    first = told()
    left_out = "(4 left out: 1 repeated, 1 empty, 1 in the corpus, 1 without scores)"
    assert first[0].endswith(f"labelled texts and 1 unlabelled ones {left_out}")
    assert first[1] == "training without the teacher first, to compare"
    assert told() == first[:1]  # the figures are on disk
    monkeypatch.setattr(
        "textcnn.training.train.settle", lambda *given: settle(*given).model_copy(update={"dropout": 0.1})
    )
    assert told() == first  # other defaults, other figures
    assert told() == first[:1]
    monkeypatch.setattr("textcnn.training.distillation.distill.version", lambda _: "0.0.0")
    assert told() == first


def test_scores_survive_a_kill_and_another_teacher_is_refused(tmp_path: Path) -> None:
    class Killed(Knowing):
        def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
            if self.asked:
                raise KeyboardInterrupt
            return super().scores(texts)

    texts = [f"good {number}" for number in range(3000)]
    with pytest.raises(KeyboardInterrupt):
        KeptScores(tmp_path, Killed(), LABELS).scores(texts, Reporter())
    teacher = Knowing()
    scores = KeptScores(tmp_path, teacher, LABELS).scores(texts, Reporter())
    assert 0 < teacher.asked < 3000
    assert scores == pytest.approx(Knowing().scores(texts), abs=1e-6)
    other = Knowing()
    other.identity = "2"
    with pytest.raises(ConfigError, match="another teacher"):
        KeptScores(tmp_path, other, LABELS)


def test_a_file_of_scores_teaches(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "scores.csv",
        [("text", "score_POS", "score_NEG"), ("Good film!", 3, 1), ("dull", 0.1, 0.9)],
    )
    teacher = find_teacher(str(file), LABELS, {"POS": "positive", "NEG": "negative"})
    assert isinstance(teacher, FileTeacher)
    scores = teacher.scores(["good film", "never seen", "dull"])
    assert scores[0] == pytest.approx([0.25, 0.75])
    assert np.isnan(scores[1]).all()
    assert scores[2] == pytest.approx([0.9, 0.1])
    with pytest.raises(ConfigError, match="--label THEIRS=OURS"):
        find_teacher(str(file), LABELS, {})
    again = write_csv(
        tmp_path / "again.csv",
        [("text", "Negative", "POSITIVE"), ("a text", 1, 0), ("A text.", 1, 1), ("another", 0, 2)],
    )
    scores = find_teacher(str(again), LABELS, {}).scores(["a text", "another"])
    assert scores == pytest.approx(np.array([[0.75, 0.25], [0, 1]]))  # the mean of both, then the only one
    for columns in (("text", "stars"), ("text", "positive")):
        lacking = write_csv(tmp_path / "lacking.csv", [columns, ("a text", 1), ("another", 2)])
        expected = f"found the columns {', '.join(columns)};.* score_negative, score_positive.*--label"
        with pytest.raises(CorpusError, match=expected):
            find_teacher(str(lacking), LABELS, {})
    for wrong in ("nan", "-1", "", "x"):
        bad = write_csv(tmp_path / "bad.csv", [("text", "positive", "negative"), ("a text", wrong, 1)])
        with pytest.raises(CorpusError, match=r"bad\.csv:2.*probability"):
            find_teacher(str(bad), LABELS, {})


def test_an_encoder_is_taught_and_teaches_in_our_order(
    rows: list[Row], encoder: Path, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(rows, seed=1)
    best = teach(corpus, str(encoder), tmp_path / "t", epochs=6, learning_rate=5e-3, reporter=Reporter())
    assert best > 0.85
    teacher = find_teacher(str(tmp_path / "t"), LABELS, {})
    assert isinstance(teacher, EncoderTeacher)
    test = corpus.test[:]
    scores = teacher.scores(test["text"])
    assert np.allclose(scores.sum(axis=1), 1)
    truth = np.array([row[0] for row in test["labels"]])
    assert (scores.argmax(axis=1) == truth).mean() > 0.8
    turned = EncoderTeacher(str(tmp_path / "t"), LABELS, {"negative": "positive", "positive": "negative"})
    assert np.array_equal(turned.scores(test["text"]), scores[:, ::-1])
    KeptScores(tmp_path / "kept", teacher, LABELS).scores(test["text"], Reporter())
    KeptScores(tmp_path / "kept", find_teacher(str(tmp_path / "t"), LABELS, {}), LABELS)
    with pytest.raises(ConfigError, match="another --label"):
        KeptScores(tmp_path / "kept", turned, LABELS)
    with pytest.raises(ConfigError, match="labels are"):
        find_teacher(str(tmp_path / "t"), ("no", "yes"), {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"(?s)cannot be read .* or a file of scores") as refused:
        find_teacher(str(tmp_path / "empty"), LABELS, {})
    assert refused.value.field == "teacher"
    with pytest.raises(ConfigError, match=r"no directory .* or a file of scores"):
        find_teacher(str(tmp_path / "nothing"), LABELS, {})
    with pytest.raises(ConfigError, match=r"no directory .* on the hub\.$") as refused:
        teach(corpus, "./nothing", tmp_path / "u", reporter=Reporter())
    assert refused.value.field == "encoder"


def test_scores_that_are_read_otherwise_are_those_of_another_teacher(
    rows: list[Row], encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, path = corpus_from_rows(rows[:40], seed=1), tmp_path / "t"
    teach(corpus, str(encoder), path, epochs=1, reporter=Reporter())

    def identity() -> str:
        return find_teacher(str(path), LABELS, {}).identity

    before = identity()
    assert identity() == before
    with monkeypatch.context() as patched:
        patched.setattr("textcnn.training.distillation.encoder_teacher.LONGEST", 128)
        assert identity() != before
    for file, was, becomes in (
        ("tokenizer.json", '"normalizer": null', '"normalizer": {"type": "Lowercase"}'),
        ("config.json", '"0": "negative"', '"0": "Negative"'),
    ):
        text = (path / file).read_text(encoding="utf-8")
        assert was in text
        (path / file).write_text(text.replace(was, becomes), encoding="utf-8")
        assert identity() != before, file
        (path / file).write_text(text, encoding="utf-8")


def test_a_teacher_that_was_taught_on_test_texts_is_refused(
    rows: list[Row], encoder: Path, tmp_path: Path
) -> None:
    one, other = corpus_from_rows(rows[:100], seed=1), corpus_from_rows(rows[:100], seed=2)
    teach(one, str(encoder), tmp_path / "t", epochs=1, reporter=Reporter())
    teacher = find_teacher(str(tmp_path / "t"), LABELS, {})
    require_unseen(one, teacher)
    taught = {normalise(text) for part in (one.train, one.validation) for text in part[:]["text"]}
    leaked = sum(normalise(text) in taught for text in other.test[:]["text"])
    with pytest.raises(ConfigError, match=f"^{leaked} of the {len(other.test)} test texts.*same seed"):
        distill(other, [], teacher, Recipe(), tmp_path / "out")
    teach(other, str(tmp_path / "t"), tmp_path / "u", epochs=1, reporter=Reporter())
    with pytest.raises(
        ConfigError, match="test texts"
    ):  # its own are unseen by this teaching, not by that before
        require_unseen(other, find_teacher(str(tmp_path / "u"), LABELS, {}))
    (tmp_path / "t" / SEEN).write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        find_teacher(str(tmp_path / "t"), LABELS, {})


def test_a_teacher_replaces_a_teacher_and_nothing_else(
    few: Corpus, encoder: Path, model_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "t"
    teach(few, str(encoder), path, epochs=1, reporter=Reporter())
    before = find_teacher(str(path), LABELS, {}).identity
    with pytest.raises(InputError, match=r"holds a teacher.*--replace"):
        teach(few, str(encoder), path, epochs=1, reporter=Reporter())
    teach(few, str(encoder), path, epochs=1, seed=1, replace=True, reporter=Reporter())
    assert find_teacher(str(path), LABELS, {}).identity != before
    shutil.copytree(model_dir, tmp_path / "model")
    shutil.copytree(encoder, tmp_path / "encoder")
    for other in ("model", "encoder"):
        with pytest.raises(InputError, match="no teacher directory"):
            teach(few, str(encoder), tmp_path / other, replace=True, reporter=Reporter())


def test_the_commands_go_from_an_encoder_to_a_student(rows: list[Row], encoder: Path, tmp_path: Path) -> None:
    corpus = write_csv(
        tmp_path / "corpus.csv", [("text", "label"), *((row.text, row.labels[0]) for row in rows)]
    )
    more = tmp_path / "more.txt"
    more.write_text("a good story\na dull story\n", encoding="utf-8")
    taught = "teach", corpus, "--encoder", encoder, "--out", tmp_path / "t", "--epochs", 1
    output = run(*taught, "--seed", 1, "--set", "test_share=0.2", "--set", "filters=8")
    assert "validation accuracy" in output
    assert "not used for a teacher, of the recipe: filters" in output
    quick = [word for key in ("init=rand", "epochs=2", "filters=8") for word in ("--set", key)]
    with pytest.raises(ConfigError, match="was taught on"):
        run("distill", corpus, "--teacher", tmp_path / "t", "--out", tmp_path / "student", *quick)
    quick += ["--set", "test_share=0.2", "--seed", "1"]
    student = tmp_path / "student"
    output = run(
        "distill", corpus, "--teacher", tmp_path / "t", "--unlabelled", more, "--out", student, *quick
    )
    assert "without distillation" in output
    facts: dict[str, Any] = ModelDirectory(student).training()["distillation"]
    assert facts["unlabelled"] == 2
    again = run(
        "distill",
        *("--corpus", corpus, "--teacher", tmp_path / "t", "--out", student, "--replace", "--json"),
        *quick,
    )
    result = json.loads(again.splitlines()[-1])
    assert result["figures"].keys() == {"teacher", "student", "without"}
    with pytest.raises(ConfigError, match="0 to 1"):
        run("distill", corpus, "--teacher", "x", "--out", student, "--hard", 2)
    with pytest.raises(ConfigError, match="THEIRS=OURS"):
        run("distill", corpus, "--teacher", "x", "--out", student, "--label", "a")
    for given in ((), (corpus, "--corpus", corpus)):
        with pytest.raises(ConfigError, match="once, as CORPUS or with --corpus"):
            run("distill", *given, "--teacher", "x", "--out", student)
    with pytest.raises(CorpusError, match=r"nothing\.txt: no such file"):
        run(
            "distill",
            *(corpus, "--teacher", tmp_path / "t", "--out", student, "--replace", *quick),
            *("--unlabelled", tmp_path / "nothing.txt"),
        )


def test_several_labels_a_text_are_refused(multi_label_rows: list[Row], tmp_path: Path) -> None:
    corpus = corpus_from_rows(multi_label_rows)
    with pytest.raises(ConfigError, match="multi-label"):
        distill(corpus, [], Knowing(), Recipe(), tmp_path / "out")
    with pytest.raises(ConfigError, match="multi-label"):
        teach(corpus, "x", tmp_path / "out", reporter=Reporter())
