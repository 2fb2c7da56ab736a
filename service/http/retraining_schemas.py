"""The bodies of the routes of the loop: versions, jobs and feedback."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from textcnn.reading.contradictions import Contradictions
from textcnn.service.http.layout_fields import LayoutFields
from textcnn.service.retraining.retrain_request import Data, Init, Policy, RetrainRequest


class VersionFacts(Struct):
    """A version of a model."""

    model: str
    version: Annotated[str, Meta(description="Names exactly its contents.")]
    live: bool
    previous: Annotated[bool, Meta(description="Whether a rollback leads to it.")]
    origin: Annotated[str, Meta(description="`bundled`, `added` or `trained`.")]
    added_at: str | None
    corpora: Annotated[list[str], Meta(description="Ids of the kept corpora that it was trained on.")]
    metrics: Annotated[dict[str, float], Meta(description="Figures on its own test part.")]
    decision: Annotated[dict[str, Any] | None, Meta(description="What the gate made of it, with figures.")]


class VersionList(Struct):
    """Every version of a model, the newest first."""

    model: str
    live: str | None
    previous: str | None
    versions: list[VersionFacts]


class JobFacts(Struct):
    """A job."""

    id: str
    kind: str
    model: str | None
    state: Annotated[
        str,
        Meta(
            description="queued, checking, training, evaluating, promoting; done, refused (by the check of "
            "the corpus), rejected (by the gate), failed, cancelled."
        ),
    ]
    created_at: str
    updated_at: str
    finished_at: str | None
    attempts: Annotated[int, Meta(description="How often a worker took it up.")]
    cancelling: bool
    progress: dict[str, Any]
    report: Annotated[
        dict[str, Any] | None,
        Meta(description="What came of it: version, decision, findings, baselines, warnings."),
    ]
    error: str | None


class JobList(Struct):
    """Jobs, the newest first."""

    jobs: list[JobFacts]


class FeedbackRequest(Struct, forbid_unknown_fields=True):
    """A text, or the id of the request that it was sent with, and the labels that are right for it."""

    model: Annotated[str | None, Meta(description="The one that answered; needed with `text`.")] = None
    text: Annotated[str | None, Meta(description="Not needed where the answer to `request` is kept.")] = None
    label: Annotated[str | None, Meta(description="The right label, where there is one.")] = None
    labels: Annotated[list[str] | None, Meta(description="All right labels, for multi-label models.")] = None
    request: Annotated[
        Annotated[str, Meta(max_length=128, pattern="^[A-Za-z0-9_.:+/=-]+$")] | None,
        Meta(description="The `x-request-id` of the answer."),
    ] = None


class FeedbackFacts(Struct):
    """A stored piece of feedback."""

    id: str
    model: str
    text: Annotated[
        str | None, Meta(description="Not told to a giver who named a request: another may have sent it.")
    ]
    labels: list[str]
    request: str | None
    created_at: str
    expires_at: str | None


class FeedbackList(Struct):
    """Feedback, the newest first."""

    feedback: list[FeedbackFacts]


class AnswerFacts(Struct):
    """A kept answer."""

    request: Annotated[str, Meta(description="The `x-request-id` that it was given under.")]
    model: str
    version: str
    text: str
    labels: list[str]
    created_at: str


class AnswerList(Struct):
    """Kept answers, the newest first."""

    answers: list[AnswerFacts]


class TrainForm(LayoutFields, forbid_unknown_fields=True):
    """The fields of the form beside the files under `corpus`: a `RetrainRequest`, as a form can say it."""

    init: Init = RetrainRequest.init
    promote: Policy = RetrainRequest.promote
    data: Data = RetrainRequest.data
    feedback: Annotated[bool, Meta(description="Whether stored feedback is trained on too.")] = (
        RetrainRequest.feedback
    )
    contradictions: Annotated[
        Contradictions | None,
        Meta(
            description="Of rows whose text stands under different labels: drop all, or keep the majority's. "
            "When not said, a file with more than 5 % of them is refused."
        ),
    ] = RetrainRequest.contradictions
    recipe: Annotated[str, Meta(description="A JSON object of choices, as `textcnn train` takes them.")] = (
        "{}"
    )


class CorpusFacts(Struct):
    """A kept corpus."""

    id: str
    rows: int
    kept_at: str
    expires_at: str | None


class CorpusList(Struct):
    """The kept corpora of a model, the oldest first."""

    corpora: list[CorpusFacts]


RETRAINING_SCHEMAS = (
    VersionFacts,
    VersionList,
    JobFacts,
    JobList,
    FeedbackRequest,
    FeedbackFacts,
    FeedbackList,
    AnswerFacts,
    AnswerList,
    CorpusList,
)
