"""The same network behind LitServe, in PyTorch: `python -m benchmarks.litserve_service PORT BATCH`.

BATCH is the most texts that LitServe puts together; 1 is its default.
"""

# LitServe reads the annotations, so they are no strings here.
import sys
from typing import Any

import litserve

from benchmarks.empty_service import Question
from benchmarks.peers import EagerNetwork
from textcnn.catalogue import find_model

MODEL = "sentiment"
LONGEST_WAIT = 0.002
"""Seconds that LitServe waits for a batch to fill up."""


class EagerApi(litserve.LitAPI):  # type: ignore[misc]  # it ships no types
    """One text in, label and scores out."""

    _network: EagerNetwork
    _labels: tuple[str, ...]

    def setup(self, device: str) -> None:  # noqa: ARG002  # there is only the processor
        """Load the network in the worker."""
        self._network = EagerNetwork(MODEL)
        self._labels = find_model(MODEL).config().labels

    def decode_request(self, request: Question) -> str:
        """The text."""
        return request.text

    def predict(self, x: str | list[str]) -> Any:  # noqa: ANN401  # one text, or with batches a list
        """The scores of one text, or of each."""
        scores = self._network.classify([x] if isinstance(x, str) else x)
        return scores[0] if isinstance(x, str) else scores

    def encode_response(self, output: list[float]) -> dict[str, Any]:
        """An answer with what ours has."""
        scores = dict(zip(self._labels, output, strict=True))
        label = max(scores, key=lambda each: scores[each])
        return {"label": label, "score": scores[label], "scores": scores, "model": MODEL}


def main() -> None:
    """Serve until told to end."""
    port, batch = map(int, sys.argv[1:])
    wait = LONGEST_WAIT if batch > 1 else 0.0
    api = EagerApi(max_batch_size=batch, batch_timeout=wait, api_path="/v1/classify")
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(host="127.0.0.1", port=port, log_level="warning", generate_client_file=False, access_log=False)


if __name__ == "__main__":
    main()
