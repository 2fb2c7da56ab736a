"""The device that a process computes on, and its rank among the processes that `torchrun` started."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import distributed, nn

from textcnn.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


@dataclass(frozen=True)
class Device:
    """A device of a training run, and the process that has it."""

    torch_device: torch.device
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

    def share_weights(self, network: nn.Module) -> None:
        """Give the network the leader's weights, in every process."""
        if self.processes > 1:
            for weight in network.state_dict().values():
                distributed.broadcast(weight, src=0)

    def average_gradients(self, network: nn.Module) -> None:
        """Make each gradient the mean over all processes: dense ones in one piece, of sparse ones the rows.

        `DistributedDataParallel` sends pieces while others are computed; with sparse gradients that are added
        up twice a step, it crashed once (docs/LOG.md#gradients-averaged-without-distributeddataparallel).
        """
        if self.processes == 1:
            return
        weights = [(weight, weight.grad) for weight in network.parameters() if weight.grad is not None]
        dense = [gradient for _, gradient in weights if not gradient.is_sparse]
        together = torch.cat([gradient.reshape(-1) for gradient in dense])
        distributed.all_reduce(together)
        pieces = torch.split(together / self.processes, [gradient.numel() for gradient in dense])
        for gradient, piece in zip(dense, pieces, strict=True):
            gradient.copy_(piece.view(gradient.shape))
        for weight, gradient in weights:
            if gradient.is_sparse:
                own = gradient.coalesce()
                of_all = [own] * self.processes
                distributed.all_gather_object(of_all, own)
                weight.grad = reduce(torch.add, of_all).coalesce() / self.processes

    def autocast(self) -> torch.autocast:
        """bfloat16 on CUDA, float32 elsewhere."""
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16, enabled=self._is_cuda)

    def describe(self) -> str:
        """Name the device, for people and for `training.json`."""
        name = f"CPU, threads: {torch.get_num_threads()}"
        if self._is_cuda:
            name = torch.cuda.get_device_name(self.torch_device)
        return f"{self.processes} x {name}" if self.processes > 1 else name

    @property
    def _is_cuda(self) -> bool:
        return self.torch_device.type == "cuda"


def require_one_process(task: str) -> None:
    """Refuse a `torchrun` group for what would only be done again in each of its processes.

    Raises:
        ConfigError: this is a process of such a group.
    """
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise ConfigError(f"{task} runs in one process. Start it without torchrun.")


@contextmanager
def find_device() -> Iterator[Device]:
    """Yield the device of this process: CUDA where there is one, else the CPU; in torchrun's group if any."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available()
    torch_device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if processes == 1:
        yield Device(torch_device)
        return
    if cuda:
        torch.cuda.set_device(torch_device)
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Device(torch_device, distributed.get_rank(), processes)
    finally:
        distributed.destroy_process_group()
