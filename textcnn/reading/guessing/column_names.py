"""Names that columns usually have in the commonest languages: of texts, of labels, and of neither."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

# Each list: English, Chinese, Spanish, French, German, Portuguese, Russian, Japanese, Arabic, Hindi, others.
# fmt: off
SURE_TEXT_NAMES: Final = frozenset({
    "text", "texts", "文本", "texto", "textos", "texte", "textes", "текст", "тексты", "テキスト", "本文",
    "نص", "النص", "पाठ", "testo", "tekst", "metin", "텍스트",
})
"""A column of such a name is the text, if it is the only one."""
TEXT_NAMES: Final = frozenset({
    "sentence", "sentences", "review", "reviews", "content", "contents", "message", "messages", "body",
    "comment", "comments", "utterance", "utterances", "tweet", "tweets", "sms", "document", "description",
    "query", "question", "statement", "post", "feedback", "complaint", "request", "article", "abstract",
    "transcript", "phrase", "prompt", "problem", "verbatim", "premise", "hypothesis", "passage",
    "paragraph", "评论", "内容", "句子", "正文", "消息", "留言", "问题", "描述", "评价", "反馈", "投诉",
    "文章", "语句", "mensaje", "comentario", "comentarios", "reseña", "opinión", "opinion", "frase",
    "oración", "contenido", "pregunta", "descripción", "consulta", "queja", "commentaire", "commentaires",
    "avis", "contenu", "demande", "réclamation", "énoncé", "nachricht", "kommentar", "bewertung",
    "rezension", "satz", "inhalt", "frage", "beschreibung", "anfrage", "beitrag", "anliegen", "kundentext",
    "mensagem", "comentário", "avaliação", "conteúdo", "pergunta", "descrição", "reclamação", "sentença",
    "сообщение", "комментарий", "отзыв", "предложение", "вопрос", "описание", "содержание", "обращение",
    "запрос", "レビュー", "コメント", "文", "質問", "メッセージ", "説明", "投稿", "問い合わせ", "رسالة",
    "تعليق", "التعليق", "مراجعة", "جملة", "محتوى", "المحتوى", "سؤال", "وصف", "تغريدة", "टिप्पणी", "समीक्षा",
    "वाक्य", "संदेश", "सामग्री", "प्रश्न", "विवरण", "messaggio", "commento", "recensione", "domanda",
    "descrizione", "bericht", "vraag", "yorum", "mesaj", "soru", "리뷰", "댓글", "문장", "내용", "질문",
})
SHORT_TEXT_NAMES: Final = frozenset({
    "title", "subject", "headline", "summary", "标题", "主题行", "título", "asunto", "titre", "sujet",
    "objet", "titel", "betreff", "überschrift", "assunto", "заголовок", "тема", "タイトル", "件名", "عنوان",
    "العنوان", "शीर्षक", "titolo", "oggetto", "onderwerp", "başlık", "konu", "제목",
})
"""Of texts that stand above another one."""
REPLY_NAMES: Final = frozenset({
    "answer", "answers", "response", "reply", "solution", "回答", "回复", "答案", "respuesta", "réponse",
    "reponse", "antwort", "resposta", "ответ", "返信", "رد", "إجابة", "الرد", "उत्तर", "जवाब", "risposta",
    "antwoord", "cevap", "yanıt", "답변",
})
"""Of texts that somebody wrote about the one that is to be labelled."""
SURE_LABEL_NAMES: Final = frozenset({
    "label", "labels", "标签", "标注", "etiqueta", "etiquetas", "étiquette", "étiquettes", "etikett",
    "rótulo", "rótulos", "метка", "метки", "ラベル", "التصنيف", "تصنيف", "लेबल", "etichetta", "etiket",
    "레이블", "라벨",
})
"""A column of such a name is the label, if it is the only one."""
LABEL_NAMES: Final = frozenset({
    "class", "category", "annotation", "annotations",
    "sentiment", "intent", "target", "topic", "polarity", "rating", "stars", "emotion",
    "tag", "genre", "classes", "categories", "sentiments", "intents", "topics", "emotions", "tags",
    "genres", "类别", "分类", "情感", "情感倾向", "意图", "主题", "话题", "类型", "categoría", "categorías",
    "clase", "sentimiento", "intención", "tema", "emoción", "polaridad", "catégorie", "catégories",
    "classe", "intention", "thème", "émotion", "polarité", "kategorie", "kategorien", "klasse", "stimmung",
    "absicht", "thema", "polarität", "gefühl", "categoria", "categorias", "sentimento", "intenção",
    "emoção", "polaridade", "категория", "класс", "тональность", "намерение", "интент", "эмоция", "рубрика",
    "カテゴリ", "カテゴリー", "分類", "クラス", "感情", "意図", "極性", "فئة", "الفئة", "صنف", "مشاعر",
    "المشاعر", "نية", "موضوع", "श्रेणी", "वर्ग", "भावना", "विषय", "इरादा", "categorie", "sentimenti",
    "kategori", "sınıf", "duygu", "카테고리", "분류", "감정", "의도",
})
LOOSE_LABEL_NAMES: Final = frozenset({
    "status", "type", "kind", "queue", "department", "group", "team", "state", "stance", "priority",
    "severity", "reason", "outcome", "decision", "verdict", "y", "gold", "状态", "部门", "优先级", "estado",
    "tipo", "cola", "departamento", "statut", "service", "typ", "art", "warteschlange", "abteilung",
    "gruppe", "fila", "статус", "тип", "очередь", "отдел", "種類", "状態", "キュー", "部署", "حالة", "نوع",
    "القسم", "स्थिति", "प्रकार", "विभाग",
})
"""Of labels, and of other things as often."""
OTHER_NAMES: Final = frozenset({
    "id", "ids", "name", "idx", "index", "uid", "uuid", "guid", "key", "no", "nr", "number", "row", "date",
    "time", "timestamp", "datetime", "year", "month", "day", "created", "updated", "author", "user",
    "username", "customer", "client", "agent", "annotator", "rater", "email", "mail", "phone", "url",
    "link", "path", "filename", "source", "split", "fold", "lang", "language", "locale", "country", "city",
    "version", "score", "confidence", "weight", "length", "count", "price", "amount", "hash", "编号",
    "序号", "日期", "时间", "作者", "用户", "来源", "语言", "fecha", "autor", "usuario", "cliente",
    "fuente", "idioma", "auteur", "utilisateur", "langue", "datum", "kunde", "kundin", "benutzer", "nummer",
    "quelle", "sprache", "erstellt", "usuário", "fonte", "дата", "автор", "пользователь", "клиент",
    "источник", "язык", "номер", "日付", "著者", "ユーザー", "番号", "言語", "تاريخ", "معرف", "مستخدم",
    "رقم", "दिनांक", "लेखक", "उपयोगकर्ता", "क्रमांक", "भाषा",
})
"""Of numbers, names, dates and places beside a text."""
# fmt: on
_PAIRS: Final = (
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"),
    ("sentencea", "sentenceb"),
    ("text1", "text2"),
    ("text_1", "text_2"),
    ("text_a", "text_b"),
    ("texta", "textb"),
    ("question1", "question2"),
    ("question_1", "question_2"),
    ("question", "sentence"),
    ("query", "document"),
    ("query", "passage"),
)
"""Columns of corpora about two texts: the label is of both."""

_SURE: Final = 8.0
_KNOWN: Final = 4.0
_LOOSE: Final = 1.5
_NOTHING: Final = 1.0
_AGAINST: Final = 0.3
_TEXT_RANKS: Final = (
    (TEXT_NAMES, _KNOWN),
    (SHORT_TEXT_NAMES, _LOOSE),
    (REPLY_NAMES, 0.5),
    (OTHER_NAMES, _AGAINST),
)
_MOST_WORDS: Final = 4
"""Of a name whose last or first word tells what it is, such as `customer_message`."""

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS: Final = re.compile(r"[\s_.\-/:]+")


def is_known(name: str) -> bool:
    """Whether a column of this name would be taken for the text or the label; no sentence is such a name."""
    whole = _whole(name)
    exact = whole in SURE_TEXT_NAMES | TEXT_NAMES | SHORT_TEXT_NAMES | SURE_LABEL_NAMES
    return exact or is_label_like(whole) or (_is_one_word(name) and text_rank(name) > _NOTHING)


def is_usual(name: str) -> bool:
    """Whether columns often have this name, also one that is neither the text nor the label."""
    whole = _whole(name)
    return is_known(name) or whole in OTHER_NAMES | REPLY_NAMES | LOOSE_LABEL_NAMES


def text_rank(name: str) -> float:
    """How much a name speaks for the text: 1 says nothing, below it speaks for something else."""
    whole, ranks = _whole(name), _TEXT_RANKS
    if whole in SURE_TEXT_NAMES:
        return _SURE
    if is_label_like(whole) or is_sure_label(name):
        return _AGAINST
    exact = next((rank for names, rank in ranks if whole in names), None)
    if exact is not None:
        return exact
    words = words_of(name)
    if not 1 < len(words) <= _MOST_WORDS:
        return _NOTHING
    if words[0] in SURE_TEXT_NAMES or words[-1] in SURE_TEXT_NAMES:
        return _KNOWN
    return next((rank for names, rank in ranks if words[-1] in names), _NOTHING)


def label_rank(name: str) -> float:
    """How much a name speaks for the label: 1 says nothing, below it speaks for something else."""
    whole = _whole(name)
    if whole in SURE_LABEL_NAMES:
        return _SURE
    if is_label_like(whole):
        return _KNOWN
    if text_rank(name) > _NOTHING:
        return _AGAINST
    words = words_of(name)
    last = words[-1] if 0 < len(words) <= _MOST_WORDS else ""
    if whole in LOOSE_LABEL_NAMES or last in LABEL_NAMES | LOOSE_LABEL_NAMES:
        return _LOOSE
    return _AGAINST if last in OTHER_NAMES else _NOTHING


def is_label_like(name: str) -> bool:
    """Whether a name, as `words_of` joins it, is one that labels often have."""
    return (
        name in LABEL_NAMES
        or name.endswith(("_label", "_labels", "_class", "_category"))
        or name.startswith("label_")
    )


def is_label_name(name: str) -> bool:
    """Whether a column of this name is most likely the label."""
    return label_rank(name) >= _KNOWN


def is_sure_text(name: str) -> bool:
    """Whether a column of this name is the text, whatever stands beside it."""
    return _whole(name) in SURE_TEXT_NAMES


def is_sure_label(name: str) -> bool:
    """Whether a column of this name is the label, whatever stands beside it."""
    return _whole(name) in SURE_LABEL_NAMES


def pair_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Two of the columns that together are the text of a corpus about pairs; nothing where there are none."""
    by_name = {_whole(name): name for name in reversed(names)}
    return next(
        ((by_name[one], by_name[other]) for one, other in _PAIRS if one in by_name and other in by_name), ()
    )


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: `reviewText`, `review text` and `Review_Text` have the same."""
    plain = normalize("NFC", _CAMEL.sub("_", name.strip()).casefold())
    return [word for word in _SEPARATORS.split(plain) if word]


def _whole(name: str) -> str:
    return "_".join(words_of(name))


def _is_one_word(name: str) -> bool:
    return not any(character.isspace() for character in name.strip())
