"""Where a run computes: its device, and its place among the processes that `torchrun` started."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from textcnn.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """One process of a training run."""

    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that evaluates, reports and writes."""
        return self.rank == 0

    def share(self, value: T) -> T:
        """The leader's value, in every process."""
        if self.processes == 1:
            return value
        holder = [value]
        distributed.broadcast_object_list(holder, src=0)
        return holder[0]

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network, with gradients averaged over all processes where there are several."""
        if self.processes == 1:
            return network
        return DistributedDataParallel(network)

    def autocast(self) -> torch.autocast:
        """bfloat16 on CUDA, float32 elsewhere."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda")

    def describe(self) -> str:
        """The device by name, for people and for `training.json`."""
        cuda = self.device.type == "cuda"
        name = torch.cuda.get_device_name(self.device) if cuda else f"CPU, threads: {torch.get_num_threads()}"
        return f"{self.processes} x {name}" if self.processes > 1 else name


def require_one_process(what: str) -> None:
    """Refuse a `torchrun` group for what would only be done again in each of its processes.

    Raises:
        ConfigError: this is a process of such a group.
    """
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise ConfigError(f"{what} runs in one process. Start it without torchrun.")


@contextmanager
def find_place() -> Iterator[Place]:
    """Yield the place of the process: CUDA where there is one, else the CPU; in torchrun's group if any."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if processes == 1:
        yield Place(device)
        return
    if cuda:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Place(device, distributed.get_rank(), processes)
    finally:
        distributed.destroy_process_group()
