"""What a run says about itself: versions, platform, processor, commit."""

from __future__ import annotations

import json
import platform

import numpy as np

import socialrl
from socialrl.storage.provenance import collect_meta

# --- what a run says about itself


def test_meta_is_complete_and_json():
    meta = json.loads(json.dumps(collect_meta(7)))
    assert meta["seed"] == 7
    assert meta["versions"]["socialrl"] == socialrl.__version__
    assert meta["versions"]["numpy"] == np.__version__
    assert set(meta["versions"]) >= {"gymnasium", "stable-baselines3", "torch", "numba"}
    assert meta["started"].endswith("+00:00")
    assert meta["command"]
    assert meta["python"].count(".") == 2
    assert set(meta["processor"]) == {"model", "architecture", "simd", "settings"}
    assert meta["processor"]["architecture"] == platform.machine()


def test_the_command_can_be_typed_again(monkeypatch):
    from socialrl.storage.provenance import command_line

    for started, named in (
        ("/opt/bin/socialrl", "socialrl"),
        ("/lib/socialrl/__main__.py", "socialrl"),
        ("t.py", "t.py"),
    ):
        monkeypatch.setattr("sys.argv", [started, "train", "my file.yaml"])
        assert command_line() == f"{named} train 'my file.yaml'"


def test_vector_instructions_are_named_by_what_the_processor_has():
    from socialrl.storage.provenance import _simd

    avx512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
    assert _simd({"sse2", "avx2", "fma", *avx512}) == "AVX512"
    assert _simd({"avx2", "fma", "avx512f"}) == "AVX2"
    assert _simd({"avx2"}) == _simd({"sse4_2", "avx"}) == "none of AVX2, AVX512"
    assert _simd(None) is None


def test_the_commit_is_that_of_the_checkout(monkeypatch, tmp_path):
    from socialrl.storage import provenance

    monkeypatch.setattr(provenance, "_git", lambda _root, *args: "abc" if args[0] == "rev-parse" else " M x.py")
    root = tmp_path / "checkout"
    (root / ".git").mkdir(parents=True)
    monkeypatch.setattr(provenance, "__file__", str(root / "socialrl" / "storage" / "provenance.py"))
    assert provenance._commit() == ("abc", True)
    (root / ".git").rmdir()
    assert provenance._commit() == (None, None)
