# docker build --target serve -t textcnn .     answers over HTTP; no PyTorch, no compiler
# docker build --target train -t textcnn-train .     trains, too

ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY textcnn textcnn
COPY training training
COPY service service
RUN python3 -m venv /opt/textcnn \
    && /opt/textcnn/bin/pip install --no-cache-dir --constraint constraints.txt '.[serve]'

FROM build AS build-train
RUN /opt/textcnn/bin/pip install --no-cache-dir --constraint constraints.txt '.[serve,train]'

FROM ${BASE_IMAGE} AS runtime
ENV PATH="/opt/textcnn/bin:${PATH}" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --create-home textcnn
USER textcnn
WORKDIR /home/textcnn

FROM runtime AS train
COPY --from=build-train /opt/textcnn /opt/textcnn
CMD ["textcnn", "train", "--help"]

# The last stage is what a build without --target makes.
FROM runtime AS serve
COPY --from=build /opt/textcnn /opt/textcnn
EXPOSE 8000
# urlopen raises on 503, so the exit code is 1 until the models are loaded.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"TEXTCNN_PORT\", 8000)}/readyz', timeout=2)"]
CMD ["textcnn", "serve", "--host", "0.0.0.0"]
