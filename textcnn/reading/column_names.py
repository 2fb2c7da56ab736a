"""The names that columns of texts and labels usually have, in English and Chinese."""

from __future__ import annotations

from typing import Final

# The first of these that a file has is its text: the surest names stand first.
# fmt: off
TEXT_NAMES: Final = (
    "text", "文本", "sentence", "review", "content", "message", "body", "comment", "utterance",
    "tweet", "评论", "内容", "句子", "正文", "消息", "留言", "review_text", "text_content", "sms",
    "document", "description", "query", "question", "问题", "title", "标题", "subject", "headline",
)
# A column named label is the label whatever stands beside it; two of the other names are ambiguous.
SURE_LABEL_NAMES: Final = frozenset({"label", "labels", "标签", "标注"})
LABEL_NAMES: Final = frozenset({
    "class", "category", "sentiment", "intent", "target", "topic", "polarity", "rating",
    "emotion", "tag", "genre", "classes", "categories", "sentiments", "intents", "topics",
    "emotions", "tags", "genres", "类别", "分类", "情感", "情感倾向", "意图", "主题", "话题", "类型",
})
# fmt: on


def is_known(name: str) -> bool:
    """Whether a column of this name would be taken for the text or the label."""
    name = name.strip().casefold()
    return name in TEXT_NAMES or name in SURE_LABEL_NAMES or is_label_like(name)


def is_label_like(name: str) -> bool:
    """Whether a name, stripped and case-folded, is one that labels often have."""
    return (
        name in LABEL_NAMES
        or name.endswith(("_label", "_labels", "_class", "_category"))
        or name.startswith("label_")
    )
