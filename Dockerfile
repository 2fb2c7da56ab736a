# docker build --target serve --tag textcnn .          the service and the bundled models, without PyTorch
# docker build --target train --tag textcnn-train .    the command with training

ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS build-serve
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY textcnn textcnn
COPY training training
COPY service service
RUN /venv/bin/pip install --constraint constraints.txt '.[serve]'

FROM build-serve AS build-train
RUN /venv/bin/pip install --constraint constraints.txt '.[train]'

# What runs: an interpreter, one virtual environment, a user without rights.
FROM ${BASE_IMAGE} AS runtime
RUN useradd --uid 10001 --create-home textcnn
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER 10001

FROM runtime AS train
COPY --from=build-train /venv /venv
# Compiled kernels and font lists are kept here, whichever user the container runs as.
ENV NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /work
ENTRYPOINT ["textcnn"]
CMD ["train", "--help"]

# The last stage is what a build without --target makes.
FROM runtime AS serve
COPY --from=build-serve /venv /venv
EXPOSE 8000
# urlopen raises on 503, so the check fails until the models are loaded.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('TEXTCNN_PORT', '8000') + '/readyz', timeout=2)"]
CMD ["textcnn", "serve", "--host", "0.0.0.0"]
