"""Builds the container image and asks it: `sudo make image-check`, or `python -m benchmarks image`.

Needs no container engine, only root and Debian's packages buildah and debootstrap. The base is made of Debian
packages where there is no image of the name already; Python packages are fetched by this machine's own pip,
so that an index of one's own serves the build too. The image runs as an engine runs it with `--read-only
--tmpfs /tmp`: its tree mounted read-only, a user without rights.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import write_results
from benchmarks.servers import ROOT, free_port, new_api_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BASE = "localhost/python:3.11-slim"
SERVE, TRAIN = "localhost/textcnn:serve", "localhost/textcnn:train"
BASE_PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
STAGES = "IMAGE_STAGES"
"""The variable of the environment that is `train` where that stage is to be built too: gigabytes."""
USER = 10001
LARGEST_MB, AIM_MB, SECONDS_TO_READY = 650, 400, 3.0
PATIENCE = 60.0
RUNS = 5

_TOOLS = ("buildah", "debootstrap", "unshare")
# The image's tree, read-only; /tmp and /data in memory; then the image's user and environment.
_RUN = """
mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && mount -t tmpfs tmpfs "$2/tmp" &&
mount -t tmpfs -o "uid=$3" tmpfs "$2/data" &&
mount --rbind /proc "$2/proc" && mount --rbind /dev "$2/dev" && root=$2 user=$3 && shift 3 &&
exec chroot --userspec="$user:$user" "$root" env -i "$@"
"""


def main() -> None:
    """Build, ask, measure and keep the figures."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        sys.exit(f"This needs root, and {', '.join(_TOOLS)} (apt-get install buildah debootstrap).")
    os.environ |= {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
    with tempfile.TemporaryDirectory() as folder:
        make_base(Path(folder))
        wheels = fetch_wheels(Path(folder), "serve,postgres")
        build("serve", wheels)
        with mounted(SERVE) as image:
            results = {**sizes(), **ask(image, Path(folder)), "without": absent(image)}
        if "train" in os.environ.get(STAGES, ""):
            build("train", fetch_wheels(Path(folder), "serve,postgres,train"))
            with mounted(TRAIN) as image:
                results["train_help"] = inside(image, Path(folder), "textcnn", "train", "--help")[:60]
    write_results("image", results)
    print("image:", results)
    check(results)


def make_base(folder: Path) -> None:
    """A small Debian with Python under the name of the usual base image."""
    if BASE in _do("buildah", "images", "--format", "{{.Name}}:{{.Tag}}").splitlines():
        return
    tree = folder / "base"
    _do("debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", "bookworm", str(tree))
    shutil.rmtree(tree / "var/cache/apt")
    container = _do("buildah", "from", "scratch")
    _do("buildah", "add", "--quiet", container, str(tree), "/")
    _do("buildah", "commit", "--quiet", "--rm", container, BASE)


def fetch_wheels(folder: Path, extras: str) -> Path:
    """A folder of all that the build installs, fetched as this machine fetches packages."""
    wheels = folder / "wheels"
    pip = (sys.executable, "-m", "pip")
    _do(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
    ours = next(wheels.glob("textcnn-*.whl"))
    wanted = (f"textcnn[{extras}] @ {ours.as_uri()}", "hatchling")
    _do(*pip, "download", "--quiet", "--dest", str(wheels), "--only-binary=:all:", "--python-version", "3.11",
        "--constraint", str(ROOT / "constraints.txt"), *wanted)  # fmt: skip
    return wheels


def build(target: str, wheels: Path) -> None:
    """Build a stage of the Dockerfile from these wheels."""
    settings = wheels.parent / "pip.conf"
    settings.write_text("[global]\nno-index = true\nfind-links = /wheels\n", encoding="utf-8")
    _do("buildah", "build", "--layers", "--format", "docker", "--build-arg", f"BASE_IMAGE={BASE}",
        "--secret", f"id=pip,src={settings}", "--volume", f"{wheels}:/wheels:ro",
        "--target", target, "--tag", f"localhost/textcnn:{target}", str(ROOT))  # fmt: skip


@contextmanager
def mounted(image: str) -> Iterator[Path]:
    """The tree of an image."""
    container = _do("buildah", "from", image)
    try:
        yield Path(_do("buildah", "mount", container))
    finally:
        _do("buildah", "rm", container)


def sizes() -> dict[str, float]:
    """The size that the image adds to its base, in MB (10^6), uncompressed."""
    base, whole = (_tree_bytes(image) / 1e6 for image in (BASE, SERVE))
    return {"base_mb": round(base, 1), "added_mb": round(whole - base, 1)}


def ask(image: Path, folder: Path) -> dict[str, Any]:
    """Start the service several times, let it label a text, and end it: seconds until it was ready."""
    seconds = [_one_run(image, folder) for _ in range(RUNS)]
    return {"runs": RUNS, "seconds_to_ready": sorted(round(each, 2) for each in seconds)}


def absent(image: Path) -> list[str]:
    """Of what an image that serves should lack, what it does lack."""
    places = {"torch": "venv/lib/python3*/site-packages/torch"}
    places |= {tool: f"usr/*bin/{tool}" for tool in ("cc", "gcc", "c++", "make", "ld")}
    return [name for name, place in places.items() if not [*image.glob(place)]]


def inside(image: Path, folder: Path, *command: str) -> str:
    """Run a command in the image; gives its output."""
    return subprocess.run(
        _command(image, folder, {}, command), check=True, capture_output=True, text=True
    ).stdout.strip()


def check(results: dict[str, Any]) -> None:
    """End with an error where a promise is not kept."""
    failed = [
        *([f"it adds {results['added_mb']} MB; at most {LARGEST_MB}"] * (results["added_mb"] > LARGEST_MB)),
        *(
            [f"half of the times it was ready after {results['seconds_to_ready']} s"]
            * (statistics.median(results["seconds_to_ready"]) > SECONDS_TO_READY)
        ),
        *([f"of compilers and PyTorch it lacks only {results['without']}"] * (len(results["without"]) < 6)),
    ]
    if failed:
        sys.exit(f"The image does not keep its promises: {'; '.join(failed)}.")


def _one_run(image: Path, folder: Path) -> float:
    secret, keys = new_api_key()
    port = free_port()
    settings = {"TEXTCNN_PORT": str(port), "TEXTCNN_KEYS": keys, "NUMBA_DEBUG_CACHE": "1"}
    started = time.perf_counter()
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            _command(image, folder, settings, ("textcnn", "serve")), stdout=output, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            ready = _wait(port, started)
            _classify(port, secret)
        finally:
            server.send_signal(signal.SIGTERM)
        if server.wait(timeout=20) not in (0, -signal.SIGTERM):
            raise RuntimeError(f"SIGTERM ended it with {server.returncode}")
    said = log.read_text(encoding="utf-8", errors="replace")
    if "data loaded from" not in said or "data saved to" in said:
        raise RuntimeError("The image's compiled code was not used.")
    return ready


def _command(image: Path, folder: Path, settings: dict[str, str], command: Sequence[str]) -> list[str]:
    """The command in the image's tree, with the environment that the image names and these settings."""
    root = folder / "root"
    root.mkdir(exist_ok=True)
    environment = {**_environment(), **settings}
    values = [f"{name}={value}" for name, value in environment.items()]
    place = ["unshare", "--mount", "sh", "-c", _RUN, "sh", str(image), str(root), str(USER)]
    return [*place, *values, "start", *command]


def _environment() -> dict[str, str]:
    template = "{{range .OCIv1.Config.Env}}{{println .}}{{end}}"
    lines = _do("buildah", "inspect", "--type", "image", "--format", template, SERVE).splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def _wait(port: int, started: float) -> float:
    """Seconds from the start until `/readyz` says so."""
    while time.perf_counter() - started < PATIENCE:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return time.perf_counter() - started
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise TimeoutError(f"not ready within {PATIENCE:.0f} s")


def _classify(port: int, secret: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/classify",
        data=json.dumps({"text": "A warm, funny, engaging film."}).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        label = json.load(answer)["label"]
    if label != "positive":
        raise RuntimeError(f"It labels wrongly: {label}.")


def _tree_bytes(image: str) -> int:
    """Bytes of every file of an image, each name of a file counted once."""
    with mounted(image) as tree:
        seen = {(found.st_dev, found.st_ino): found.st_size for found in map(Path.lstat, tree.rglob("*"))}
    return sum(seen.values())


def _do(*command: str) -> str:
    """Run a command; gives its output, and shows its errors."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
