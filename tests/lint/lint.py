#!/usr/bin/python3
"""What the house rules say and a program can check: who includes whom, headers that stand alone, paths in documents."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("conf", "protocol", "router", "proxy")
# layer -> our headers that it may include besides its own
MAY = {
    "conf": r"(?!)",
    "protocol": r"(?!)",
    "router": r"conf/conf\.h|protocol/(row|wire|value)\.h",
    "proxy": r"(conf|protocol|router)/.*",
}
problems = []


def includes():
    for layer in LAYERS:
        for path in sorted((ROOT / layer).glob("*.[ch]")):
            text = path.read_text()
            for name in re.findall(r'#include "([^"]+)"', text):
                if not name.startswith(layer + "/") and not re.fullmatch(MAY[layer], name):
                    problems.append(f"{path.relative_to(ROOT)}: must not include {name}")
                if not (ROOT / name).exists():
                    problems.append(f"{path.relative_to(ROOT)}: {name} does not exist")
            if layer != "proxy" and "<uv.h>" in text:
                problems.append(f"{path.relative_to(ROOT)}: only proxy/ includes <uv.h>")
            own = path.with_suffix(".h")
            first = re.search(r'#include [<"]([^">]+)', text)
            if path.suffix == ".c" and own.exists() and first and first[1] != f"{layer}/{own.name}":
                problems.append(f"{path.relative_to(ROOT)}: includes {first[1]} before its own header")


def headers():
    flags = subprocess.run(["pkg-config", "--cflags", "libuv", "libmariadb", "libmicrohttpd"], capture_output=True, text=True)
    for layer in LAYERS:
        for path in sorted((ROOT / layer).glob("*.h")):
            command = ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", "-I", str(ROOT), *flags.stdout.split(), str(path)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                problems.append(f"{path.relative_to(ROOT)} does not stand alone: {done.stderr.splitlines()[0]}")


def documents():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("bench/*.md"), ROOT / "conf" / "shardwire.8"]:
        if not path.exists():
            continue
        for name in re.findall(r"`((?:conf|protocol|router|proxy|tests|bench|deploy)/[\w./-]+)`", path.read_text()):
            if not (ROOT / name).exists():
                problems.append(f"{path.relative_to(ROOT)}: `{name}` does not exist")


includes()
headers()
documents()
for problem in problems:
    print(problem)
print(f"lint: {len(problems)} problems")
sys.exit(bool(problems))
