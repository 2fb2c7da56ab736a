"""The columns of text and label, found by name or by their values."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import CorpusError
from textcnn.reading.columns import Columns, KnownColumns, find_columns
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from pathlib import Path


def _columns(tmp_path: Path, content: str, **said: object) -> Columns:
    path = tmp_path / "a.csv"
    path.write_text(content)
    layout = Layout(**said)  # type: ignore[arg-type]  # each test says its own fields
    return find_columns(open_records(path, layout), layout)


@pytest.mark.parametrize(
    ("content", "text", "label"),
    [
        ("label,text\nx,one\n", "text", "label"),
        ("Review,Sentiment\none,x\n", "Review", "Sentiment"),
        ("id,标题,内容,标签\n1,甲,乙,丙\n", "内容", "标签"),
        ("text,label,category\none,x,y\n", "text", "label"),
        ("text,coarse_label\none,x\n", "text", "coarse_label"),
        ("id,words,kind\n" + "".join(f"{i},text number {i},{i % 2}\n" for i in range(9)), "words", "kind"),
        ("".join(f"{i},text number {i},{i % 2}\n" for i in range(9)), "2", "3"),
        ("x,a longer text\ny,another text\n", "2", "1"),
    ],
)
def test_text_and_label_are_found(tmp_path: Path, content: str, text: str, label: str) -> None:
    assert _columns(tmp_path, content) == Columns((text,), label)


def test_columns_can_be_said(tmp_path: Path) -> None:
    content = "subject,body,kind,label\na,b,c,d\n"
    found = _columns(tmp_path, content, text_columns=("subject", "body"), label_column="kind")
    assert found == Columns(("subject", "body"), "kind")


def test_two_possible_labels_are_both_named(tmp_path: Path) -> None:
    found = _columns(tmp_path, "review,category,sentiment\nfine,shoes,good\n")
    assert found.doubt == "'category' and 'sentiment' could each be the label; say which with --label-column"


def test_a_missing_column_lists_those_found(tmp_path: Path) -> None:
    expected = r"a\.csv: there is no column 'kind'; columns found: text, label"
    with pytest.raises(CorpusError, match=expected) as raised:
        _columns(tmp_path, "text,label\none,x\n", label_column="kind")
    assert raised.value.field == "label_column"


def test_no_label_says_what_each_column_lacks(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as raised:
        _columns(tmp_path, "text,id,date\none,1,monday\ntwo,2,tuesday\nthree,3,friday\n")
    assert raised.value.message.endswith(
        "a.csv: no column could be the label: 'text' is taken as the text; 'id' has a different value in "
        "each row; 'date' has a different value in each row; say which with --label-column"
    )
    assert raised.value.field == "label_column"


def test_no_text_beside_the_label(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no column could be the text: 'label' is taken as the label; say"):
        _columns(tmp_path, "label\nx\ny\n")


def test_numbers_and_codes_are_no_text_to_train_on(tmp_path: Path) -> None:
    content = "id,made,status\n" + "".join(f"{i},2024-01-{i:02},{'ab'[i % 2]}\n" for i in range(1, 20))
    with pytest.raises(CorpusError, match="no column could be the text: 'id' holds numbers or codes; 'made'"):
        _columns(tmp_path, content)


def test_a_file_without_labels_needs_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,one\n2,two\n")
    records = open_records(tmp_path / "a.csv")
    assert find_columns(records, Layout(), labelled=False) == Columns(("text",), None)


def test_texts_without_labels_may_be_numbers_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n2\n3\n4\n")
    found = find_columns(open_records(tmp_path / "a.csv"), Layout(), labelled=False)
    assert found == Columns(("id",), None)
    assert found.note == "'id' is taken as the text, though it holds numbers or codes"


REPLY = "Dear customer, thank you for your message about case {}; we will look into it. Kind regards"
REPLIES = (
    REPLY,
    "Sehr geehrte Kundin, vielen Dank für Ihre Nachricht zu {}; wir kümmern uns darum. Viele Grüße",
    "Bonjour, merci pour votre message {} ; nous allons le traiter dans les meilleurs délais. Cordialement",
    "尊敬的客户，您的工单{}已经收到，我们会尽快为您处理，感谢您的理解与支持",
)
WORDS = [
    "red",
    "blue",
    "lamp",
    "shirt",
    "parcel",
    "invoice",
    "late",
    "broken",
    "twice",
    "where",
    "never",
    "came",
    "charged",
    "please",
    "order",
    "help",
]


def _sentence(number: int) -> str:
    draw = Random(number)
    return " ".join(draw.choices(WORDS, k=draw.randint(4, 12)))


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize(
    "names",
    [
        "id,Kunde,Frage,Antwort,Queue",
        "id,customer,question,reply,team",
        "no,client,demande,réponse,service",
        "a,b,c,d,e",
        "id,cliente,consulta,respuesta,cola",
    ],
)
def test_boilerplate_is_not_the_text(tmp_path: Path, names: str, reply: str) -> None:
    rows = "".join(
        f'{i},Cust {i},{_sentence(i)},"{reply.format(i)}",{("delivery", "billing", "other")[i % 3]}\n'
        for i in range(90)
    )
    found = _columns(tmp_path, f"{names}\n{rows}")
    columns = names.split(",")
    assert found == Columns((columns[2],), columns[4])
    assert not found.doubt


@pytest.mark.parametrize(
    ("names", "text", "label"),
    [
        ("ticket_id,customer_message,product_category", "customer_message", "product_category"),
        ("ID,Comentario,Categoría", "Comentario", "Categoría"),
        ("ID,Commentaire,Catégorie", "Commentaire", "Catégorie"),
        ("Nr,Beschreibung,Kategorie", "Beschreibung", "Kategorie"),
        ("id,Descrição,Rótulo", "Descrição", "Rótulo"),
        ("id,Сообщение,Категория", "Сообщение", "Категория"),
        ("番号,コメント,ラベル", "コメント", "ラベル"),
        ("رقم,التعليق,الفئة", "التعليق", "الفئة"),
        ("क्रमांक,टिप्पणी,श्रेणी", "टिप्पणी", "श्रेणी"),
        ("编号,评论,类别", "评论", "类别"),
        ("key,v1,v2", "v1", "v2"),
    ],
)
def test_names_of_ten_languages_are_known(tmp_path: Path, names: str, text: str, label: str) -> None:
    few = "".join(f"{i},{_sentence(i)},{'xy'[i % 2]}\n" for i in range(3))
    many = "".join(f"{i},{_sentence(i)},{'xy'[i % 2]}\n" for i in range(40))
    for rows in (few, many) if names != "key,v1,v2" else (many,):
        found = _columns(tmp_path, f"{names}\n{rows}")
        assert (found, found.doubt) == (Columns((text,), label), "")


def test_of_two_texts_both_readings_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{_sentence(i)},{_sentence(i + 500)},{'xy'[i % 2]}\n" for i in range(60))
    found = _columns(tmp_path, f"left,right,label\n{rows}")
    assert found.doubt == (
        "'right' and 'left' could each be the text; say which with --text-column, or name several"
    )
    assert not _columns(tmp_path, f"left,right,label\n{rows}", text_columns=("right",)).doubt
    assert not _columns(tmp_path, f"text,right,label\n{rows}").doubt


@pytest.mark.parametrize("names", ["premise,hypothesis", "sentence1,sentence2", "question1,question2"])
def test_two_texts_of_one_label_are_taken_together_and_told(tmp_path: Path, names: str) -> None:
    rows = "".join(f"{_sentence(i)},{_sentence(i + 500)},{i % 3}\n" for i in range(60))
    found = _columns(tmp_path, f"{names},label\n{rows}")
    first, second = names.split(",")
    assert found == Columns((first, second), "label")
    assert found.note.startswith(f"'{first}' and '{second}' are the text together")
    assert not found.doubt


def test_another_long_column_is_told(tmp_path: Path) -> None:
    rows = "".join(f"{_sentence(i)},{_sentence(i + 500)},{'xy'[i % 2]}\n" for i in range(60))
    found = _columns(tmp_path, f"complaint,remarks,label\n{rows}")
    assert found == Columns(("complaint",), "label")
    assert found.note == "'remarks' holds texts, too; say --text-column to take it or both"


def test_a_label_that_does_not_come_back_is_none(tmp_path: Path) -> None:
    content = "statement,author\n" + "".join(f"{_sentence(i)},person{i}\n" for i in range(30))
    with pytest.raises(CorpusError, match="'author' has a different value in each row"):
        _columns(tmp_path, content)


def test_columns_can_be_called_by_their_numbers(tmp_path: Path) -> None:
    content = "v1,v2,,\n" + "".join(f"{'xy'[i % 2]},{_sentence(i)},,\n" for i in range(30))
    found = _columns(tmp_path, content, text_columns=("2",), label_column="1")
    assert found == _columns(tmp_path, content) == Columns(("v2",), "v1")
    with pytest.raises(CorpusError, match="there is no column '5'; columns found: v1, v2, 3, 4"):
        _columns(tmp_path, content, label_column="5")


def test_a_file_is_read_like_the_models_corpus_where_it_has_its_columns(tmp_path: Path) -> None:
    rows = "".join(f"{_sentence(i)},{_sentence(i + 500)},{'xy'[i % 2]},{'pq'[i % 2]}\n" for i in range(60))
    (tmp_path / "a.csv").write_text(f"left,right,kind,sort\n{rows}")
    records = open_records(tmp_path / "a.csv")
    known = KnownColumns(("right",), "sort", header=True, columns=4)
    found = find_columns(records, Layout(), known=known)
    assert (found, found.doubt) == (Columns(("right",), "sort"), "")
    given = find_columns(records, Layout(text_columns=("left",)), known=known)
    assert given == Columns(("left",), "sort")
    elsewhere = KnownColumns(("body",), "sort", header=True, columns=4)
    assert find_columns(records, Layout(label_column="kind"), known=elsewhere).doubt


def test_columns_without_names_are_known_by_their_number(tmp_path: Path) -> None:
    rows = "".join(f"{_sentence(i)}\t{_sentence(i + 500)}\t{'xy'[i % 2]}\n" for i in range(60))
    (tmp_path / "a.tsv").write_text(rows)
    records = open_records(tmp_path / "a.tsv")
    known = KnownColumns(("2",), "3", header=False, columns=3)
    assert find_columns(records, Layout(), known=known) == Columns(("2",), "3")
    assert find_columns(records, Layout(), known=replace(known, columns=4)).doubt


def test_known_columns_are_kept_as_json_and_others_are_none() -> None:
    known = KnownColumns(("a", "b"), None, header=None, columns=7)
    assert KnownColumns.from_json(known.to_json()) == known
    values: list[object] = [None, [], {}, {"text": []}, {**known.to_json(), "text": [1]}, {"text": "ab"}]
    for wrong in values:
        assert KnownColumns.from_json(wrong) is None
