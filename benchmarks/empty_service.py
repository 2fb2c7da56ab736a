"""The least that a FastAPI service can do: `python -m benchmarks.empty_service PORT`.

It parses what our own route takes, computes nothing, and gives back an answer of the same shape. Written as
FastAPI's tutorial does, without logs, metrics or keys.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()


class Question(BaseModel):
    """The body of `POST /v1/classify`."""

    model_config = ConfigDict(extra="forbid")

    text: str
    model: str | None = None
    version: str | None = None
    top_k: int | None = Field(None, ge=1)
    threshold: float | None = Field(None, ge=0, le=1)


class Answer(BaseModel):
    """The answer of `POST /v1/classify`."""

    label: str | None
    score: float
    scores: dict[str, float]
    model: str
    version: str


@app.post("/v1/classify")
async def classify(question: Question) -> Answer:
    """An answer that does not depend on the text."""
    score = 0.987654321
    return Answer(
        label="positive",
        score=score,
        scores={"negative": 1 - score, "positive": score},
        model=question.model or "sentiment",
        version="0123456789ab",
    )


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    """Tell that the server listens."""
    return {"status": "ready"}


if __name__ == "__main__":
    # As `textcnn.service.server` runs ours.
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_config=None, server_header=False, ws="none")
