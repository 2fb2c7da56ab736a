"""The activation of a number, compiled: called in a loop, it is inlined and costs no call."""

from __future__ import annotations

from textcnn.compilation.jit import compiled
from textcnn.network import activation

activate = compiled(activation.activate)
pass_back = compiled(activation.pass_back)
