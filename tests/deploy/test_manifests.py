"""`deploy/`, `compose.yaml` and the Dockerfile: their names exist, and what reads them takes them."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml
from compose_spec import PyCompose

from textcnn.service.app import create_app
from textcnn.service.loaded.registry import Registry
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compose_spec.models import Service

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
MANIFESTS = sorted(path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml")
COMPOSE = ROOT / "compose.yaml"
SETTINGS = {f"TEXTCNN_{name.upper()}" for name in Settings.model_fields}
OTHER_VARIABLES = {"TEXTCNN_CACHE_DIR", "TEXTCNN_DATA_DIR", "TEXTCNN_DATABASE_URL"}
"""Read by the engine, and by commands that are not the service."""


def read(path: Path) -> Any:  # noqa: ANN401  # what YAML holds
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def walk(value: object) -> Iterator[dict[str, Any]]:
    """Every mapping in a document."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def parse_compose(text: str) -> dict[str, Service] | None:
    """The services, checked; what `<<` puts together is put together first, as the parser checks it then."""
    return PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(text))).to_spec().services


@pytest.fixture(scope="module")
def paths() -> set[str]:
    """Every path that the service answers."""
    return set(create_app(Settings(), Registry()).openapi()["paths"])


@pytest.mark.parametrize("version", ["1.28", "1.37"])
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_takes_each_manifest(path: Path, version: str) -> None:
    kubernetes_validate.validate(read(path), version, strict=True)


def test_a_manifest_with_a_misspelt_key_would_be_found() -> None:
    manifest = read(KUBERNETES / "deployment.yaml")
    manifest["spec"]["replicaz"] = 2
    with pytest.raises(kubernetes_validate.ValidationError, match="replicaz"):
        kubernetes_validate.validate(manifest, "1.37", strict=True)


def test_kustomize_is_told_of_every_manifest() -> None:
    assert sorted(read(KUBERNETES / "kustomization.yaml")["resources"]) == [path.name for path in MANIFESTS]


def test_service_claim_and_budget_mean_the_pods_of_the_deployment() -> None:
    deployment, service, budget = (
        read(KUBERNETES / f"{name}.yaml") for name in ("deployment", "service", "disruption")
    )
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    pod = deployment["spec"]["template"]["spec"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    assert budget["spec"]["selector"]["matchLabels"] == labels
    trainer = read(KUBERNETES / "trainer.yaml")
    claims = [
        each["persistentVolumeClaim"] for each in walk([pod, trainer]) if "persistentVolumeClaim" in each
    ]
    assert {claim["claimName"] for claim in claims} == {read(KUBERNETES / "data.yaml")["metadata"]["name"]}
    names = {port["name"] for port in pod["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= names


def test_probes_ask_paths_that_are_served(paths: set[str]) -> None:
    probes = {
        each["httpGet"]["path"] for each in walk(read(KUBERNETES / "deployment.yaml")) if "httpGet" in each
    }
    assert probes == {"/readyz", "/livez"}
    assert probes <= paths
    assert "/readyz" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["deployment", "trainer"])
def test_a_pod_has_no_more_rights_than_it_needs(name: str) -> None:
    pod = read(KUBERNETES / f"{name}.yaml")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    user = re.search(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert user
    assert pod["securityContext"]["runAsUser"] == int(user[1])
    for container in pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]


def test_compose_takes_the_file_and_no_service_has_more_rights_than_it_needs() -> None:
    services = parse_compose(COMPOSE.read_text(encoding="utf-8"))
    assert services is not None
    assert set(services) == {"api", "trainer", "database", "prometheus"}
    for service in services.values():
        assert service.read_only
        assert service.cap_drop == {"ALL"}
    for values in read(COMPOSE)["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in values.get("ports", []))


def test_a_compose_file_with_a_misspelt_key_would_be_found() -> None:
    text = COMPOSE.read_text(encoding="utf-8").replace("stop_grace_period:", "stop_grace:")
    with pytest.raises(ValueError, match="stop_grace"):
        parse_compose(text)


def test_the_trainer_runs_a_verb_that_there_is_and_shares_data_with_the_api() -> None:
    services = read(COMPOSE)["services"]
    trainer, api = services["trainer"], services["api"]
    pod = read(KUBERNETES / "trainer.yaml")["spec"]["template"]["spec"]
    verbs = {each.name for each in entry_points(group="textcnn.commands")}
    assert {trainer["command"][0], pod["containers"][0]["args"][0]} <= verbs
    assert trainer["volumes"] == api["volumes"]
    assert trainer["environment"].items() <= api["environment"].items()


def test_prometheus_asks_a_service_of_the_compose_file_for_a_path_that_is_served(paths: set[str]) -> None:
    compose = read(COMPOSE)
    for job in read(ROOT / "deploy" / "prometheus.yml")["scrape_configs"]:
        assert job["metrics_path"] in paths
        secret = Path(job["authorization"]["credentials_file"]).name
        assert secret in compose["services"]["prometheus"]["secrets"]
        for target in (each for group in job["static_configs"] for each in group["targets"]):
            host, port = target.split(":")
            assert any(each.endswith(f":{port}") for each in compose["services"][host]["ports"])


@pytest.mark.parametrize(
    "path", [ROOT / "Dockerfile", COMPOSE, KUBERNETES / "deployment.yaml"], ids=lambda path: path.name
)
def test_every_variable_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"TEXTCNN_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert named
    assert named <= SETTINGS | OTHER_VARIABLES


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
        if not source.startswith("--")
    }
    assert {"pyproject.toml", "deploy/start.sh"} <= copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in let_through, source
