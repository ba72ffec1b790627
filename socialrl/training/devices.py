"""Which device learning runs on: the one that was requested, never silently another."""

from __future__ import annotations

import torch as th

from socialrl.errors import UserError


def usable_device(asked: str | th.device) -> th.device:
    """Return the device to use: "auto" is a GPU if torch can use one, else the processor.

    A GPU that torch cannot use on this machine raises `UserError`.
    """
    there = th.cuda.device_count() if th.cuda.is_available() else 0
    if str(asked) == "auto":
        return th.device("cuda" if there else "cpu")
    device = th.device(asked)
    if device.type == "cuda" and (device.index or 0) >= there:
        have = f"only {there} of them" if there else "no GPU that it could use"
        raise UserError(f"device: {asked} was asked for, but torch finds {have} on this machine; use cpu or auto")
    return device


def device_name(device: th.device) -> str:
    """Return a device as `meta.json` names it: `cpu`, or `cuda` with the name of the card."""
    return f"{device} ({th.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
