"""The core as a package of its own, and what to think of what was measured of it.

    core.py tree FOLDER             puts the package there: the files that decide, without the AWS SDK
    core.py coverage LCOV FOLDER    how many of its lines its own tests run
    core.py mutants FOLDER PART     what cargo-mutants left there; PART is empty if it ran all of them"""

import json
import pathlib
import re
import shutil
import sys

# The files that decide, and what they stand on: no SDK, no runtime, no log.
CORE = "check digest error estate evacuation facts fields json ledger plan record request turn".split()
EDGES = ("aws-", "lambda_runtime", "tokio", "tracing", "fastrand", "dx-sim")
ACCEPTED = pathlib.Path(".ci/mutants.txt")
LEAST_COVERED, LEAST_NOTICED = 95, 90


def tree(place):
    place.mkdir()
    for folder in ("src", "schemas", "events"):
        shutil.copytree(folder, place / folder)
    for name in ("Cargo.lock", "clippy.toml", "rustfmt.toml"):
        shutil.copy(name, place / name)
    shutil.rmtree(place / "src/bin")
    manifest = pathlib.Path("Cargo.toml").read_text()
    manifest = re.sub(r"(?m)^members = .*\n", "", manifest)
    manifest = re.sub(r"(?ms)^\[features\]\n.*?(?=^\[)", "", manifest)
    kept = [line for line in manifest.splitlines() if not line.startswith(EDGES)]
    (place / "Cargo.toml").write_text("\n".join(kept) + "\n")
    lib = pathlib.Path("src/lib.rs").read_text()
    own = [f"pub mod {name};" for name in CORE if re.search(rf"(?m)^(pub )?mod {name};$", lib)]
    assert len(own) == len(CORE), f"not all of the core is there: {own}"
    allowed = '#![allow(dead_code, missing_docs, reason = "the edges use it, and it is documented there")]'
    (place / "src/lib.rs").write_text("\n".join(["//! The core alone.", allowed, *own]) + "\n")


def only_for_tests(path):
    """The numbers of the lines under `#[cfg(test)]`, and the files that such a `mod` line names."""
    lines, numbers, files = path.read_text().splitlines(), set(), set()
    at = 0
    while at < len(lines):
        begin = at
        at += 1
        if lines[begin].strip() != "#[cfg(test)]":
            continue
        indent = re.match(" *", lines[begin])[0]
        if named := re.fullmatch(r"(?:pub\(crate\) )?mod (\w+);", lines[at].strip()):
            files.add(path.with_suffix("") / f"{named[1]}.rs")
        else:
            # The item ends where rustfmt lets it end: with the brace that stands as far to the left as it began.
            while not lines[at].startswith(indent + "}"):
                at += 1
        numbers |= set(range(begin + 1, at + 2))
    return numbers, files


def times_run(lcov, root):
    """File to line to how often it was run."""
    found, lines = {}, None
    for entry in lcov.read_text().splitlines():
        kind, _, rest = entry.partition(":")
        if kind == "SF":
            lines = found.setdefault(pathlib.Path(rest), {})
        elif kind == "DA":
            number, times = map(int, rest.split(",")[:2])
            lines[number] = max(times, lines.get(number, 0))
    return {file: lines for file, lines in found.items() if file.is_relative_to(root)}


def coverage(lcov, root):
    root = root.resolve()
    aside = {path: only_for_tests(path) for path in (root / "src").rglob("*.rs")}
    tests = {file for _, files in aside.values() for file in files}
    run = whole = 0
    for file, lines in sorted(times_run(lcov, root).items()):
        if file in tests:
            continue
        own = {number: times for number, times in lines.items() if number not in aside[file][0]}
        missed = [str(number) for number, times in sorted(own.items()) if times == 0]
        run += len(own) - len(missed)
        whole += len(own)
        if missed:
            print(f"{file.relative_to(root)}: not run: {', '.join(missed)}")
    assert whole > 1000, f"only {whole} lines were measured"
    share = 100 * run / whole
    print(f"{run} of {whole} lines of the core are run by its own tests, {share:.1f} %")
    if share < LEAST_COVERED:
        sys.exit(f"FAILED: {LEAST_COVERED} % are asked for")


def accepted_survivors():
    reasons = {}
    for line in ACCEPTED.read_text().splitlines():
        if line and not line.startswith("#"):
            mutant, _, reason = line.partition(" | ")
            assert reason, f"no reason is given for: {mutant}"
            reasons[mutant] = reason
    return reasons


def mutants(place, part):
    outcomes = json.loads((place / "outcomes.json").read_text())
    counted = {kind: outcomes[kind] for kind in ("caught", "timeout", "missed", "unviable")}
    noticed = counted["caught"] + counted["timeout"]
    viable = noticed + counted["missed"]
    assert viable, "no mutant was tested"
    score = 100 * noticed / viable
    print(f"{counted}: of {viable} mutants that compile {noticed} are noticed, {score:.1f} %")
    # Without line and column, which move.
    missed = (place / "missed.txt").read_text().splitlines()
    survivors = {re.sub(r":\d+:\d+:", ":", line, count=1) for line in missed if line}
    accepted = accepted_survivors()
    unlisted = sorted(survivors - set(accepted))
    dead = [] if part else sorted(set(accepted) - survivors)
    for mutant in unlisted:
        print(f"survives, and is not listed in {ACCEPTED}: {mutant}")
    for mutant in dead:
        print(f"is listed in {ACCEPTED}, and does not survive: {mutant}")
    if score < LEAST_NOTICED or unlisted or dead:
        sys.exit(f"FAILED: {LEAST_NOTICED} % are asked for, and a reason for each that survives")


if sys.argv[1] == "tree":
    tree(pathlib.Path(sys.argv[2]))
elif sys.argv[1] == "coverage":
    coverage(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
else:
    mutants(pathlib.Path(sys.argv[2]), sys.argv[3])
